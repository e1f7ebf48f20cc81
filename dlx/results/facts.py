"""Facts about runs as text: size, time, statuses, notes and next commands."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlx.config import catalog
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
        f"{summary[noun]:,} {noun.removesuffix('s') if summary[noun] == 1 else noun}"
        for noun in ("parameters", "epochs", "steps")
    ]
    return [*(size if trains(summary) else []), f"{duration(spent['total'])}{measuring}"]


def trains(summary: Mapping[str, Any]) -> bool:
    """Return True if a run trained a model, False if its job was a computation without training."""
    return bool(summary["job"] == "train")


def stopping(summary: Mapping[str, Any]) -> list[str]:
    """Return what early stopping did: after which epoch and why it stopped, which weights were kept, what it saved.

    It is empty for a run without early stopping, and for one that did not finish.
    """
    config, best = summary["config"], summary["best"]
    kinds = ("regularizer.early_stopping", "callbacks.early_stopping")
    asked = next((kind for kind in kinds if config.get(f"{kind}.patience") is not None), None)
    most, monitor = config.get("trainer.max_epochs"), next(iter(best), None)
    if asked is None or monitor is None or not isinstance(most, int) or summary["status"] != "finished":
        return []
    epochs, top = summary["epochs"], best[monitor]
    patience = f"{asked}.patience={config[f'{asked}.patience']}"
    if epochs < most and summary["steps"] != config.get("trainer.max_steps"):
        said = [
            f"stopped early after epoch {epochs} of {most}: {monitor} has not improved since epoch {top['epoch']} "
            f"({patience})",
            f"saved {most - epochs} of {most} epochs",
        ]
    else:
        said = [f"early stopping did not act in {epochs} epochs: {monitor} kept improving ({patience})"]
    kept = config.get("trainer.test_weights")
    if kept == "best":
        which = f"of epoch {top['epoch']}, the best one by {monitor} ({top['value']:.4g})"
    else:
        which = f"of the last epoch, {epochs}; trainer.test_weights=best keeps those of epoch {top['epoch']}"
    return [*said, f"the weights that were kept and evaluated are those {which}"]


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
    events, place = has_events(Path(place)), shlex.quote(place)
    shown = [f"dlx board {place}"] if events else []
    if summary["status"] == "interrupted":
        return [f"dlx resume {place}{asked()}"]
    overrides = shlex.join(typed(word) for word in summary["overrides"] if not word.startswith("seed="))
    if summary["status"] == "diverged":
        return [*shown, *smaller_steps(summary)]
    if summary["status"] == "failed":
        return []
    explains = trains(summary) and summary["status"] == "finished" and summary["parameters"] > 0
    return [
        *shown,
        *([f"dlx explain {place}{admitted()}"] if explains else []),
        *([f"dlx evaluate {place}{admitted()}"] if trains(summary) else []),
        f"dlx train -m {overrides} 'seed=range(5)'{asked()}".replace("  ", " "),
    ]


def has_events(folder: Path) -> bool:
    """Return whether a run has written events for TensorBoard, which other loggers and `fast_dev_run` do not."""
    return any(folder.glob(EVENTS))


def smaller_steps(summary: Mapping[str, Any]) -> list[str]:
    """Return the command that repeats a diverged run with a lower learning rate; none without such a key.

    It is a tenth of the one that diverged, or the default of the optimizer where that is lower still.
    """
    rate = summary["config"].get("optimizer.lr")
    if not is_rate(rate):
        return []
    name = str(summary["config"].get("optimizer"))
    usual = catalog.read("optimizer", name).node.get("lr") if name in catalog.option_files("optimizer") else None
    lower = min(rate / 10, usual) if is_rate(usual) else rate / 10
    kept = shlex.join(typed(word) for word in summary["overrides"] if not word.lstrip("+").startswith("optimizer.lr="))
    return [f"dlx train {kept} optimizer.lr={lower:g}{asked()}".replace("  ", " ")]


def is_rate(value: Any) -> bool:
    """Return whether a value is a positive number, as a learning rate is."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def next_of_sweep(runs: Iterable[Run], missing: int, place: str, words: Iterable[str] = ()) -> list[str]:
    """Return useful commands after a sweep.

    It is the one that resumes the sweep if a run is missing or was interrupted; the one that adds seeds if there is one
    seed; otherwise a report with tests of all pairs.

    Args:
        runs: the runs of the sweep.
        missing: number of runs that have not started.
        place: the folder of the sweep.
        words: the overrides of the command that made it.
    """
    place, known = shlex.quote(place), list(runs)
    if missing or any(run.status == "interrupted" for run in known):
        return [f"dlx resume {place}{asked()}"]
    seeds = {str(run.summary["seed"]) for run in known if trains(run.summary)}
    repeated = [typed(word) for word in words if not word.startswith(("seed=", "hydra.sweep.dir="))]
    more = [f"dlx train -m {shlex.join(repeated)} 'seed=range(5)'{asked()}"] if repeated and len(seeds) == 1 else []
    board = [f"dlx board {place}"] if any(has_events(run.folder) for run in known) else []
    return [*more, f"dlx report {place} --plot points --tests", *board]
