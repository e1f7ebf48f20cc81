"""The runs of earlier sweeps that a new sweep can reuse or resume."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from dlx import paths
from dlx.results.runs import Run, folders_below, read_run, warn
from dlx.stored.read import BrokenFileError
from dlx.stored.run import glance

FINAL = ("finished", "diverged")
RESUMABLE = ("interrupted", "running")


class FormerRuns:
    """The runs below outputs/ and a folder that have ended or can be resumed, by identity.

    Thousands of runs may lie there, of which a sweep needs a few: of all only the identity and the status are read, a
    whole run when it is asked for.

    Args:
        folder: the folder of the new sweep, whose own runs come last and so before all others.
        pass_over: called with each broken file; its run is left out.
    """

    def __init__(self, folder: Path, pass_over: Callable[[BrokenFileError], None] = warn) -> None:
        self._pass_over = pass_over
        self._read: dict[str, Run | None] = {}
        self._folders: dict[str, dict[str, list[Path]]] = defaultdict(lambda: {"final": [], "resumable": []})
        for root in dict.fromkeys((paths.outputs().resolve(), folder.resolve())):
            for place in folders_below(root, pass_over):
                try:
                    identity, status = glance(place) or ("", "")
                except BrokenFileError as error:
                    pass_over(error)
                    continue
                if status in (*FINAL, *RESUMABLE):
                    self._folders[identity]["final" if status in FINAL else "resumable"].append(place)

    def get(self, identity: str) -> Run | None:
        """Return the run of a configuration, the latest that has ended or else the first to resume, or None."""
        if identity not in self._read:
            self._read[identity] = self._first(identity)
        return self._read[identity]

    def _first(self, identity: str) -> Run | None:
        if identity not in self._folders:
            return None
        known = self._folders[identity]
        for place in [*reversed(known["final"]), *known["resumable"]]:
            try:
                run = read_run(place)
            except BrokenFileError as error:
                self._pass_over(error)
                continue
            if run is not None and run.identity == identity:
                return run
        return None
