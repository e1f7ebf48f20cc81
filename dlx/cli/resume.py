"""`dlx resume`: go on where a run or a sweep was interrupted; the numbers are those of an uninterrupted run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlx.cli.line import folders
from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError
from dlx.files import read_json

HELP = """dlx resume RUN|SWEEP...: go on after an interruption

  dlx resume outputs/runs/2026-01-31/12-00-00-3f2a1b4c
  dlx resume outputs/sweeps/dropout               its unfinished runs; finished ones are not repeated

A finished run stays as it is. --admit MODULE as in dlx train."""


def main(arguments: list[str]) -> int:
    """Go on with each run or sweep and return the exit code."""
    chosen = folders("resume", arguments, HELP)
    if chosen is None:
        return 0
    return max(resume(folder) for folder in chosen)


def resume(folder: Path) -> int:
    """Go on with one run or sweep."""
    sweep = read_json(folder / "sweep.json")
    if isinstance(sweep, dict):
        return resume_sweep(folder, sweep)
    return resume_run(folder)


def resume_run(folder: Path) -> int:
    """Go on from the run's last checkpoint; without one it starts anew."""
    from dlx.run import restore

    config, summary = restore.recorded(folder)
    if summary["status"] in ("finished", "diverged"):
        print(f"{folder}: the run has {summary['status']}; there is nothing to go on with")
        return 0
    assembly = restore.reassemble(folder, config)

    from dlx.cli import show
    from dlx.run.run import run

    outcome: list[Any] = []
    hydra_session.current.folder = folder
    run(
        config,
        folder,
        overrides=list(summary.get("overrides", [])),
        choices=summary.get("choices", {}),
        watcher=show.RunWatcher(outcome),
        resume=True,
        assembly=assembly,
    )
    return show.conclude(outcome)


def resume_sweep(folder: Path, sweep: Mapping[str, Any]) -> int:
    """Give the sweep's command again, in its own folder: what is finished is found and kept.

    Of Hydra's own settings only the launcher is taken from the file: it may be a stranger's.
    """
    from dlx.cli.train import start_shown
    from dlx.sweep.plan import quoted

    words = sweep.get("command")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigError(f"{folder / 'sweep.json'}: does not say which command made the sweep")
    kept = [word for word in words if re.match(r"[+~]*hydra(?![./]launcher)\b", word) is None]
    return start_shown([*kept, f"hydra.sweep.dir={quoted(folder)}"], multirun=True)
