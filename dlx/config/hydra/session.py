"""What the front and the job share within one process: who watches, and what the sweep's runs have in common.

Hydra stands between the two and passes a configuration only. In a launcher's worker process nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Session:
    """State of the command under way."""

    make_watcher: Callable[[], Any] | None = None
    hparam_keys: list[str] | None = None
    words: list[str] = field(default_factory=list)  # the overrides of the line, with full names
    again: bool = False
    starting: bool = False  # everything is checked: the run's folder may be claimed
    refused: Exception | None = None  # a run's mistake that shows in its folder only
    assembly: Any = None  # of a single run, made to be checked before its folder was
    folder: Path | None = None  # of the run under way
    run_folder: Path | None = None
    sweep_folder: Path | None = None
    swept: bool = False
    statuses: list[str] = field(default_factory=list)  # statuses of a sweep's runs
    plan: Any = None  # of the last sweep
    study: dict[str, Any] = field(default_factory=dict)  # its study, as composed
    axes: Any = None  # and the axes that it has with what was typed
    check: Callable[[dict[str, Any], Any], None] | None = None  # asked about both before anything runs
    check_plan: Callable[[Any, Any], None] | None = None  # asked about axes and plan before the sweep proper


current = Session()


def watcher() -> Any:
    """Return the watcher of the next run, or None."""
    return current.make_watcher() if current.make_watcher else None
