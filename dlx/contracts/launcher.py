"""The contract of Hydra's launchers that run the jobs of a sweep themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlx.sweep.plan import Job
    from dlx.sweep.show import SweepWatcher


class Launcher:
    """A launcher that takes checked jobs; any other launcher of Hydra is handed overrides and starts from them."""

    def prepare(self) -> None:
        """Get ready before the jobs are checked; by default nothing."""

    def run_jobs(self, jobs: Sequence[Job], watcher: SweepWatcher, hparam_keys: list[str]) -> bool:
        """Run the jobs; return whether all have been run, and no one asked to stop."""
        raise NotImplementedError
