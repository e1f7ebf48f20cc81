"""What a person sees of a sweep: one bar over all runs with the best so far, and a table of arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from dlx import hydra_session
from dlx.direction import direction
from dlx.results import Run, arms
from dlx.summary import flatten

if TYPE_CHECKING:
    from dlx.sweep.plan import Plan

console = Console()


class SweepWatcher:
    """One bar over a sweep; tells each run's watcher how far its epochs fill the run's share."""

    def __init__(self, plan: Plan) -> None:
        done = sum(job.done for job in plan.jobs)
        self.bar = Progress(
            TextColumn("[bold]run {task.fields[run]}/{task.total:.0f}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}"),
            console=console,
            refresh_per_second=4,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("sweep", total=len(plan.jobs), completed=done, run=done, best="")
        self.finished = done
        self.best: tuple[str, float, str] | None = None
        self.outcome: list[Mapping[str, Any]] = []

    def start(self, epochs: int, resumed: int) -> None:
        """Begin a run."""
        self.epochs = max(epochs, 1)
        self.bar.update(self.task, run=self.finished + 1)

    def epoch(self, row: Mapping[str, float]) -> None:
        """Move the bar within a run."""
        self.bar.update(self.task, completed=self.finished + row["epoch"] / self.epochs)

    def end(self, summary: Mapping[str, Any]) -> None:
        """Count a run, and keep the best by the monitored metric."""
        self.finished += 1
        self.outcome.append(summary)
        for metric, best in summary["best"].items():
            sign = 1 if direction(metric) == "min" else -1
            if self.best is None or sign * best["value"] < sign * self.best[1]:
                self.best = (metric, best["value"], " ".join(summary["overrides"]))
        text = f"best {self.best[0]} {self.best[1]:.4g}: {self.best[2]}" if self.best else ""
        self.bar.update(self.task, completed=self.finished, best=text)


@contextmanager
def sweep_progress(plan: Plan) -> Iterator[SweepWatcher]:
    """Show one bar for the runs of a plan inside the block."""
    watcher = SweepWatcher(plan)
    session = hydra_session.current
    before = session.make_watcher, session.hparam_keys
    session.make_watcher, session.swept = (lambda: watcher), True
    session.hparam_keys = sorted({key for job in plan.jobs for key in flatten(job.canonical)})
    watcher.bar.start()
    try:
        yield watcher
    finally:
        watcher.bar.stop()
        session.make_watcher, session.hparam_keys = before


METRICS = ("test/accuracy", "test/skill", "test/mse", "test/loss", "val/loss", "train/loss")
JOB_METRICS = 6


def arms_table(runs: Sequence[Run], metrics: Sequence[str] = ()) -> Table:
    """Return a table with one row an arm: mean ± sd over its runs; the columns are what differs."""
    keys, groups = arms(runs)
    shown = list(metrics) or [name for name in METRICS if any(name in run.metrics for run in runs)][:3]
    if not shown:  # a job that is no training: its first metrics
        shown = list(dict.fromkeys(name for run in runs for name in run.metrics))[:JOB_METRICS]
    table = Table()
    for key in keys:
        table.add_column(key)
    table.add_column("runs", justify="right")
    for name in shown:
        table.add_column(name, justify="right")
    status = any(run.status != "finished" for run in runs)
    if status:
        table.add_column("status")
    for arm in groups:
        cells = [str(arm.parameters.get(key, "none")) for key in keys] + [str(len(arm.runs))]
        for name in shown:
            mean, sd = arm.mean_sd(name)
            cells.append("" if mean != mean else f"{mean:.4g}" + (f" ± {sd:.2g}" if sd == sd else ""))
        if status:
            counts: dict[str, int] = {}
            for run in arm.runs:
                counts[run.status] = counts.get(run.status, 0) + 1
            cells.append(", ".join(f"{number} {word}" for word, number in counts.items()))
        table.add_row(*cells)
    return table
