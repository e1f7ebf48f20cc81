"""The state of a sweep as its folder tells it: what is done, what failed and why, what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx.errors import ConfigError
from dlx.results.runs import Run, read_run
from dlx.stored.read import BrokenFileError
from dlx.stored.sweep import read_sweep
from dlx.sweep.lock import is_held

STATES = ("finished", "diverged", "failed", "interrupted", "running", "killed", "left", "broken")
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")  # at the beginning of each line of a log
LONGEST = 1_000_000  # bytes of a log that are read


@dataclass(frozen=True)
class Listed:
    """One run of a sweep.

    Attributes:
        folder: the folder of the run, which may lie in another sweep that had trained it before.
        overrides: what it was started with.
        state: its status; `killed` if it says that it is running and no process does, `left` if it has not begun,
            `broken` if its files cannot be read.
        run: the run; None if it has not begun or cannot be read.
        broken: why it cannot be read.
    """

    folder: Path
    overrides: str
    state: str
    run: Run | None
    broken: str = ""


def listed(folder: Path) -> list[Listed]:
    """Return the runs of a sweep in order, those of its stages (pretraining, tuning) first.

    Raises:
        ConfigError: The folder contains no sweep, or its sweep.json is broken.
    """
    own = read_sweep(folder)
    if own is None:
        raise ConfigError(f"{folder}: there is no sweep.json; expected the folder of a sweep")
    found: list[Listed] = []
    held = is_held(folder)
    for place in [*sorted(file.parent for file in folder.glob("*/sweep.json")), folder]:
        sweep = read_sweep(place) or own
        found += [entry(item, held or is_held(place)) for item in sweep["runs"]]
    return found


def entry(item: Mapping[str, Any], held: bool) -> Listed:
    """Return a run that a sweep.json lists.

    Args:
        item: its entry.
        held: a process is running the sweep.
    """
    place, words = Path(item["folder"]), " ".join(item.get("overrides") or [])
    try:
        run = read_run(place)
    except BrokenFileError as error:
        return Listed(place, words, "broken", None, str(error))
    return Listed(place, words, state_of(run, place, held), run)


def state_of(run: Run | None, folder: Path, held: bool) -> str:
    """Return the state of a run.

    Args:
        run: the run; None if it has not begun.
        folder: its folder.
        held: a process is running the sweep.
    """
    if run is None:
        return "left"
    if run.status == "running":
        return "running" if held or is_held(folder) else "killed"
    return run.status


def first_cause(folder: Path) -> str | None:
    """Return the exception that came first in the last traceback of a run's log, with its place; None without one.

    An exception that was raised while another one was handled is not the cause.
    """
    file = folder / "dlx.log"
    if not file.is_file():  # a pipe would be waited for
        return None
    try:
        with file.open("rb") as log:
            log.seek(max(file.stat().st_size - LONGEST, 0))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return None
    lines = [STAMP.sub("", line, count=1) for line in text.splitlines()]
    begins = [number for number, line in enumerate(lines) if re.match(r"run \S+ begins|resumed at", line)]
    lines = lines[begins[-1] if begins else 0 :]
    traces = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if not traces:
        return None
    place = ""
    for line in lines[traces[0] + 1 :]:
        found = re.match(r'\s+File "(.+)", line (\d+)', line)
        if found:
            place = f" ({found.group(1)}:{found.group(2)})"
        elif line and not line[0].isspace():
            return line + place
    return None
