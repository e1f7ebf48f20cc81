"""The facts of runs in words, once for all that show them: size, time, statuses, notes, what to type next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from dlx.results.runs import Run


def duration(seconds: float) -> str:
    """Write a time in seconds, of more than two minutes in minutes."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"


def statuses_text(counts: Mapping[str, int]) -> str:
    """Write how many runs have which status: `3 finished, 1 diverged`."""
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def facts(summary: Mapping[str, Any]) -> list[str]:
    """Return the size of a run and the time that it took, in words; of a job other than training the time alone."""
    spent = summary["seconds"]
    measuring = f", of which diagnostics {duration(spent['diagnostics'])}" if "diagnostics" in spent else ""
    size = [
        f"{summary['parameters']:,} parameters",
        f"{summary['epochs']} epochs",
        f"{summary['steps']:,} steps",
    ]
    return [*(size if trains(summary) else []), f"{duration(spent['total'])}{measuring}"]


def trains(summary: Mapping[str, Any]) -> bool:
    """Return whether a run trained a model; else its job was a measurement without training."""
    return summary.get("job", "train") == "train"


def notes(summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the notes of some runs, each once."""
    return list(dict.fromkeys(note for summary in summaries for note in summary.get("notes", [])))


def failures(runs: Iterable[Run]) -> list[tuple[Run, str]]:
    """Return the runs that failed, and why."""
    return [(run, str(run.summary["error"])) for run in runs if run.status == "failed"]


def admitted() -> str:
    """Return the flag that admits the user's own modules: it is typed each time, never taken from a file."""
    return f" --admit {os.environ['DLX_ADMIT']}" if os.environ.get("DLX_ADMIT") else ""


def next_commands(summary: Mapping[str, Any], place: str) -> list[str]:
    """Return commands worth typing after a run in a folder."""
    if summary["status"] == "interrupted":
        return [f"dlx resume {place}{admitted()}"]
    overrides = shlex.join(word for word in summary["overrides"] if not word.startswith("seed="))
    return [
        f"dlx board {place}",
        *([f"dlx evaluate {place}{admitted()}"] if trains(summary) else []),
        f"dlx train -m {overrides} 'seed=range(5)'{admitted()}".replace("  ", " "),
    ]


def next_of_sweep(runs: Iterable[Run], missing: int, place: str) -> list[str]:
    """Return commands worth typing after a sweep: to resume it where a run is missing or was interrupted."""
    if missing or any(run.status == "interrupted" for run in runs):
        return [f"dlx resume {place}{admitted()}"]
    return [f"dlx board {place}", f"dlx report {place}"]
