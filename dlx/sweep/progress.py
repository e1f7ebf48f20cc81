"""The progress bar of a sweep, with its best run so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dlx.config.hydra.session import Observer
from dlx.console import console
from dlx.results.escape import plain
from dlx.results.metric_info import MetricOrder

if TYPE_CHECKING:
    from dlx.sweep.plan import Job, Plan


class SweepWatcher(Observer):
    """The progress bar of a sweep, advanced by the epochs of its runs, with the best run so far.

    Args:
        plan: the plan of the sweep.
        threaded: refresh the bar from a thread; must be False if processes are forked.
    """

    def __init__(self, plan: Plan, threaded: bool = True) -> None:
        done = sum(job.done for job in plan.jobs)
        self.bar = Progress(
            TextColumn("[bold]run {task.fields[run]}/{task.total:.0f}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}", markup=False),
            console=console,
            auto_refresh=threaded,
            refresh_per_second=4,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("sweep", total=len(plan.jobs), completed=done, run=done, best="")
        self.finished, self.begun = done, done
        self.shares: dict[int, float] = {}  # progress of the current runs, from 0 to 1
        self.best: tuple[str, float, str] | None = None
        self.ended: dict[Path, Mapping[str, Any]] = {}  # the summaries of runs, also of those that could not write them

    def of(self, job: Job | None = None) -> RunShare:
        """Return the watcher of one run."""
        return RunShare(self, job.label if job else None, folder=job.folder if job else None)

    def watcher(self) -> RunShare:
        """Return the watcher of an unknown run, which a launcher of Hydra starts."""
        return self.of()

    def refresh(self) -> None:
        """Draw the bar if no thread does."""
        if not self.bar.live.auto_refresh and not self.bar.disable:
            self.bar.refresh()

    def show(self) -> None:
        """Update the bar."""
        text = f"best {self.best[0]} {self.best[1]:.4g}: {plain(self.best[2])}" if self.best else ""
        done = self.finished + sum(self.shares.values())
        self.bar.update(self.task, completed=done, run=min(self.begun, len(self.bar.tasks) and self.total), best=text)

    @property
    def total(self) -> int:
        """The number of runs."""
        return int(self.bar.tasks[0].total or 0)

    def judge(self, summary: Mapping[str, Any], metric: str, value: float, label: str) -> None:
        """Keep the run as the best one if its monitored metric is better than that of all before."""
        sign = -1 if MetricOrder([summary]).maximum(metric) else 1
        if self.best is None or sign * value < sign * self.best[1]:
            self.best = (metric, value, label)


@dataclass
class RunShare:
    """The watcher of one run of a sweep."""

    sweep: SweepWatcher
    label: str | None
    epochs: int = 1
    folder: Path | None = None

    def start(self, epochs: int, resumed: int) -> None:
        """Count the run as started."""
        self.epochs = max(epochs, 1)
        self.sweep.begun += 1
        self.sweep.shares[id(self)] = resumed / self.epochs
        self.sweep.show()

    def epoch(self, row: Mapping[str, float]) -> None:
        """Advance the bar by an epoch of the run."""
        self.sweep.shares[id(self)] = row["epoch"] / self.epochs
        self.sweep.show()

    def end(self, summary: Mapping[str, Any]) -> None:
        """Count the run as finished."""
        if self.folder is not None:
            self.sweep.ended[self.folder] = summary
        self.sweep.shares.pop(id(self), None)
        self.sweep.finished += 1
        for metric, best in summary["best"].items():
            self.sweep.judge(summary, metric, best["value"], self.label or " ".join(summary["overrides"]))
        self.sweep.show()


@contextmanager
def watching(watcher: SweepWatcher) -> Iterator[SweepWatcher]:
    """Show the bar of a sweep in the block."""
    watcher.bar.start()
    try:
        yield watcher
    finally:
        watcher.bar.stop()
