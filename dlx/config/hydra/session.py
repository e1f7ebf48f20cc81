"""The slot in which Hydra's task function, sweeper and resolvers find who called Hydra.

Hydra stands between the two and passes on a configuration only. In a launcher's worker process the slot holds an empty
caller: nobody watches there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly
    from dlx.run.attempt import Watcher
    from dlx.sweep.cells import Axes
    from dlx.sweep.plan import Plan


class Observer:
    """What a caller hears while its command is under way; a subclass overrides what it wants to hear."""

    def watcher(self) -> Watcher | None:
        """Return what watches the next run, or None."""
        return None

    def expanded(self, study: Mapping[str, Any], axes: Axes) -> None:
        """Hear the study and the axes of a sweep, before any of its runs; a ConfigError raised here ends the sweep."""

    def planned(self, axes: Axes, plan: Plan) -> None:
        """Hear the runs of a sweep, before they start; a ConfigError raised here ends the sweep."""


@dataclass
class Caller:
    """Who called Hydra, and what the command's runs have in common.

    Attributes:
        words: the overrides of the command, with full names.
        again: train although equal runs are finished.
        observer: hears what happens.
        hparam_keys: the flat keys of TensorBoard's HPARAMS while the runs of a sweep are under way; else None.
        starting: everything is checked, so the run's folder may be created.
        folders: the folders of the run and of the sweep, by the resolver that named them: Hydra resolves them more
            than once, and the name holds the time.
        assembly: of a single run, assembled to be checked before its folder was created.
    """

    words: list[str] = field(default_factory=list)
    again: bool = False
    observer: Observer = field(default_factory=Observer)
    hparam_keys: list[str] | None = None
    starting: bool = False
    folders: dict[str, Path] = field(default_factory=dict)
    assembly: Assembly | None = None


current = Caller()
