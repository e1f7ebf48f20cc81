"""The JSON files of runs, sweeps and studies: their forms, and the one reader, which checks a file against its form.

A file may come from a stranger, from another version of dlx or from a full disk, so nothing in it is used unchecked.
"""
