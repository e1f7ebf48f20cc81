"""The state of a sweep as its folder tells it: what is done, what failed and why, what is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx.errors import ConfigError
from dlx.files import read_json
from dlx.results.runs import Run, read_run
from dlx.sweep.lock import is_held

STATES = ("finished", "diverged", "failed", "interrupted", "running", "killed", "left")
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")  # at the beginning of each line of a log
LONGEST = 1_000_000  # bytes of a log that are read


@dataclass(frozen=True)
class Listed:
    """One run of a sweep.

    Attributes:
        folder: the folder of the run, which may lie in another sweep that had trained it before.
        identity: the identity of its configuration.
        overrides: what it was started with.
        state: its status; `killed` if it says that it is running and no process does, `left` if it has not begun.
        run: the run; None if it has not begun.
    """

    folder: Path
    identity: str
    overrides: str
    state: str
    run: Run | None


def listed(folder: Path) -> list[Listed]:
    """Return the runs of a sweep in order, those of its stages (pretraining, tuning) first.

    Raises:
        ConfigError: The folder contains no sweep, or its sweep.json is broken.
    """
    own = folder / "sweep.json"
    if not own.is_file():
        raise ConfigError(f"{folder}: there is no sweep.json; expected the folder of a sweep")
    stages = sorted(place for place in folder.glob("*/sweep.json"))
    held = is_held(folder)
    return [each for file in [*stages, own] for each in _listed(file, held or is_held(file.parent))]


def _listed(file: Path, held: bool) -> Iterator[Listed]:
    sweep = read_json(file)
    runs = sweep.get("runs") if isinstance(sweep, dict) else None
    if not isinstance(runs, list) or not all(is_entry(item) for item in runs):
        raise ConfigError(f"{file}: is broken; expected the runs of a sweep")
    for item in runs:
        place = Path(item["folder"])
        run = read_run(place)
        words = " ".join(item.get("overrides") or [])
        yield Listed(place, item["identity"], words, state_of(run, place, held), run)


def is_entry(item: Any) -> bool:
    """Return whether an entry of the list `runs` of a sweep.json has the form that dlx writes."""
    if not isinstance(item, dict):
        return False
    words = item.get("overrides") or []
    texts = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return texts and isinstance(item.get("folder"), str) and isinstance(item.get("identity"), str)


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
    return run.status if run.status in STATES else "failed"


def first_cause(folder: Path) -> str | None:
    """Return the exception that came first in the last traceback of a run's log, with its place; None without one.

    An exception that was raised while another one was handled is not the cause.
    """
    file = folder / "dlx.log"
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
