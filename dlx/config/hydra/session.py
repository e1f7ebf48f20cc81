"""The state of the current command, for code that Hydra calls: task function, sweeper and resolvers.

Hydra passes only a configuration to them, so the state is kept in `current`. In the worker process of a launcher
`current` is an empty `Caller`, without an observer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.config.revision import FIRST

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly
    from dlx.run.attempt import Watcher
    from dlx.sweep.cells import Axes
    from dlx.sweep.plan import Plan


class Observer:
    """Callbacks during a command; a subclass overrides those that it needs."""

    def watcher(self) -> Watcher | None:
        """Return a new watcher for the next run, or None."""
        return None

    def expanded(self, study: Mapping[str, Any], axes: Axes) -> None:
        """Receive the study and the axes of a sweep before its runs are planned; a ConfigError raised here ends it."""

    def planned(self, axes: Axes, plan: Plan) -> None:
        """Receive the axes and the planned runs of a sweep before they start; a ConfigError raised here ends it."""


@dataclass
class Caller:
    """The state of the command that called Hydra, shared by all its runs.

    Attributes:
        words: overrides of the command, with the full names of groups.
        again: train even if an identical run has finished.
        observer: callbacks of the command.
        hparam_keys: flat keys for TensorBoard's HPARAMS while the runs of a sweep execute, else None.
        starting: whether all checks have passed, so that the run's folder may be created.
        folders: folder of the run and of the sweep, under `run` and `sweep`. They are cached because Hydra resolves
            them more than once and the name contains the time.
        assembly: assembly of a single run, which is built for the checks before the folder is created.
        only: identities of the runs of a sweep to train; None: all that are not finished.
    """

    words: list[str] = field(default_factory=list)
    again: bool = False
    observer: Observer = field(default_factory=Observer)
    hparam_keys: list[str] | None = None
    starting: bool = False
    folders: dict[str, Path] = field(default_factory=dict)
    assembly: Assembly | None = None
    only: frozenset[str] | None = None

    @property
    def revision(self) -> int:
        """The revision of the model of a single run; 1 if the configuration is only printed."""
        return FIRST if self.assembly is None else self.assembly.revision


current = Caller()
