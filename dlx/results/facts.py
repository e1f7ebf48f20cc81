"""Facts about runs as text: size, time, statuses, notes and next commands."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlx.config.parts import typed
from dlx.results.runs import Run

EVENTS = "events.out.tfevents.*"  # the files that TensorBoard reads


def duration(seconds: float) -> str:
    """Return a duration as text, in seconds or, from two minutes on, in minutes."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"


def statuses_text(counts: Mapping[str, int]) -> str:
    """Return the number of runs with each status as text, such as `3 finished, 1 diverged`."""
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def facts(summary: Mapping[str, Any]) -> list[str]:
    """Return the size and the duration of a run as texts; only the duration for a job without training."""
    spent = summary["seconds"]
    measuring = f", of which diagnostics {duration(spent['diagnostics'])}" if "diagnostics" in spent else ""
    size = [
        f"{summary['parameters']:,} parameters",
        f"{summary['epochs']} epochs",
        f"{summary['steps']:,} steps",
    ]
    return [*(size if trains(summary) else []), f"{duration(spent['total'])}{measuring}"]


def trains(summary: Mapping[str, Any]) -> bool:
    """Return True if a run trained a model, False if its job was a computation without training."""
    return bool(summary["job"] == "train")


def notes(summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the distinct notes of some runs."""
    return list(dict.fromkeys(note for summary in summaries for note in summary["notes"]))


def failures(runs: Iterable[Run]) -> list[tuple[Run, str]]:
    """Return the runs that failed and their errors."""
    return [(run, str(run.summary["error"])) for run in runs if run.status == "failed"]


def admitted() -> str:
    """Return the flag `--admit` as it was typed, or ""; it must be repeated with each command."""
    return f" --admit {os.environ['DLX_ADMIT']}" if os.environ.get("DLX_ADMIT") else ""


def asked() -> str:
    """Return the flags `--admit` and `--env` as they were typed, for commands that compose a configuration again."""
    return admitted() + (f" --env {os.environ['DLX_ENV']}" if os.environ.get("DLX_ENV") else "")


def next_commands(summary: Mapping[str, Any], place: str) -> list[str]:
    """Return useful commands after a run in a folder."""
    board = has_events(Path(place))
    place = shlex.quote(place)
    if summary["status"] == "interrupted":
        return [f"dlx resume {place}{asked()}"]
    overrides = shlex.join(typed(word) for word in summary["overrides"] if not word.startswith("seed="))
    explains = trains(summary) and summary["status"] == "finished" and summary["parameters"] > 0
    return [
        *([f"dlx board {place}"] if board else []),
        *([f"dlx explain {place}{admitted()}"] if explains else []),
        *([f"dlx evaluate {place}{admitted()}"] if trains(summary) else []),
        f"dlx train -m {overrides} 'seed=range(5)'{asked()}".replace("  ", " "),
    ]


def has_events(folder: Path) -> bool:
    """Return whether a run has written events for TensorBoard, which other loggers and `fast_dev_run` do not."""
    return any(folder.glob(EVENTS))


def next_of_sweep(runs: Iterable[Run], missing: int, place: str) -> list[str]:
    """Return useful commands after a sweep: the one that resumes it if a run is missing or was interrupted."""
    place = shlex.quote(place)
    runs = list(runs)
    if missing or any(run.status == "interrupted" for run in runs):
        return [f"dlx resume {place}{asked()}"]
    return [*([f"dlx board {place}"] if any(has_events(run.folder) for run in runs) else []), f"dlx report {place}"]
