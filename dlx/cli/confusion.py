"""The confusion matrix of a classifier as `dlx show` and `dlx explain` print it, and its most frequent error."""

from __future__ import annotations

import shlex
from pathlib import Path

from dlx.console import console, relative
from dlx.results.confusion import MOST, confusion_table, frequent_error, read_confusion
from dlx.results.escape import plain
from dlx.stored.read import BrokenFileError


def print_confusion(folder: Path, matrix: bool = True) -> None:
    """Print the most frequent error of a classifier on the test split; nothing of a run that is none.

    If its predictions are broken, a line says so.

    Args:
        folder: the folder of the run.
        matrix: print the confusion matrix too, if its classes fit a terminal; otherwise the command that does.
    """
    try:
        found = read_confusion(folder)
    except BrokenFileError as error:
        console.print(f"  no confusion matrix: {plain(str(error))}", highlight=False, markup=False, soft_wrap=True)
        return
    if found is None:
        return
    if matrix and len(found[0]) <= MOST:
        console.print(confusion_table(*found))
    more = "" if matrix else f"; confusion matrix: dlx show {shlex.quote(relative(folder))}"
    console.print(f"  {plain(frequent_error(*found) + more)}", highlight=False, markup=False, soft_wrap=True)
