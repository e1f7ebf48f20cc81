"""What a person sees of a sweep: one bar over all runs with the best so far, and a table of arms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dlx.config.hydra.session import Observer
from dlx.console import console, relative
from dlx.results.arms import SEED_KEYS, Arm, arms_of_labels, mean_std
from dlx.results.facts import failures, next_of_sweep, notes
from dlx.results.metric_info import MetricOrder
from dlx.results.runs import Run
from dlx.results.table import STD, ArmsTable, Estimate, Row, best_of, print_table, short

if TYPE_CHECKING:
    from dlx.sweep.launch import Sweep
    from dlx.sweep.plan import Job, Plan

SHOWN, JOB_METRICS = 3, 6  # metrics in the table; of a job that is no training


class SweepWatcher(Observer):
    """One bar over a sweep, filled by the epochs of its runs, with the best run so far by the monitored metric.

    Args:
        plan: whose runs are watched.
        threaded: refresh the bar from a thread; not where processes are forked.
    """

    def __init__(self, plan: Plan, threaded: bool = True) -> None:
        done = sum(job.done for job in plan.jobs)
        self.bar = Progress(
            TextColumn("[bold]run {task.fields[run]}/{task.total:.0f}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}"),
            console=console,
            auto_refresh=threaded,
            refresh_per_second=4,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("sweep", total=len(plan.jobs), completed=done, run=done, best="")
        self.finished, self.begun = done, done
        self.shares: dict[int, float] = {}  # of the runs under way
        self.best: tuple[str, float, str] | None = None

    def of(self, job: Job | None = None) -> RunShare:
        """Return the watcher of one run."""
        return RunShare(self, job.label if job else None)

    def watcher(self) -> RunShare:
        """Return the watcher of a run of which nothing is known: one of Hydra's own launchers starts it."""
        return self.of()

    def refresh(self) -> None:
        """Draw the bar, where no thread does."""
        if not self.bar.live.auto_refresh and not self.bar.disable:
            self.bar.refresh()

    def show(self) -> None:
        """Move the bar."""
        text = f"best {self.best[0]} {self.best[1]:.4g}: {self.best[2]}" if self.best else ""
        done = self.finished + sum(self.shares.values())
        self.bar.update(self.task, completed=done, run=min(self.begun, len(self.bar.tasks) and self.total), best=text)

    @property
    def total(self) -> int:
        """The number of runs."""
        return int(self.bar.tasks[0].total or 0)

    def judge(self, summary: Mapping[str, Any], metric: str, value: float, label: str) -> None:
        """Keep the best run by the monitored metric."""
        sign = -1 if MetricOrder([summary]).maximum(metric) else 1
        if self.best is None or sign * value < sign * self.best[1]:
            self.best = (metric, value, label)


@dataclass
class RunShare:
    """Watches one run of a sweep."""

    sweep: SweepWatcher
    label: str | None
    epochs: int = 1

    def start(self, epochs: int, resumed: int) -> None:
        """Begin."""
        self.epochs = max(epochs, 1)
        self.sweep.begun += 1
        self.sweep.shares[id(self)] = resumed / self.epochs
        self.sweep.show()

    def epoch(self, row: Mapping[str, float]) -> None:
        """Fill the run's share of the bar."""
        self.sweep.shares[id(self)] = row["epoch"] / self.epochs
        self.sweep.show()

    def end(self, summary: Mapping[str, Any]) -> None:
        """Count the run."""
        self.sweep.shares.pop(id(self), None)
        self.sweep.finished += 1
        for metric, best in summary["best"].items():
            self.sweep.judge(summary, metric, best["value"], self.label or " ".join(summary["overrides"]))
        self.sweep.show()


@contextmanager
def watching(watcher: SweepWatcher) -> Iterator[SweepWatcher]:
    """Show the bar of a sweep inside the block."""
    watcher.bar.start()
    try:
        yield watcher
    finally:
        watcher.bar.stop()


def show_sweep(sweep: Sweep) -> None:
    """Print the table of arms, what should be known beside it, and where the sweep lies."""
    plan, rows = sweep.plan, labelled(sweep)
    runs = [run for _, run in rows]
    place = relative(plan.folder)
    if rows:
        order = MetricOrder(run.summary for run in runs)
        names = [name for run in runs for name in run.metrics]
        metrics = claimed(plan.jobs[0].config.get("study"), names) or order.headline(
            names, ("train",), SHOWN, JOB_METRICS
        )
        more = f"dlx report {place} --metric {{metric}} shows it"
        print_table(console, table_of(*arms_of_labels(rows), metrics, order), console.width, more)
    lines = [f"note  {note}" for note in notes(run.summary for run in runs)]
    lines += reused(plan)
    lines += [f"sweep {place}"]
    lines += [f"next  {command}" for command in next_of_sweep(runs, len(plan.jobs) - len(rows), place)]
    lines += [f"failed {relative(run.folder)}: {error}" for run, error in failures(runs)]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def labelled(sweep: Sweep) -> list[tuple[dict[str, str], Run]]:
    """Return the runs of a sweep with their labels, seeds left out; equal configurations stand there once."""
    rows: dict[str, tuple[dict[str, str], Run]] = {}
    for cell, job in sweep.plan.cells:
        run = sweep.found.get(job.identity)
        if run is not None and job.identity not in rows:
            rows[job.identity] = ({axis: text for axis, text in cell.labels.items() if axis not in SEED_KEYS}, run)
    return list(rows.values())


def table_of(keys: Sequence[str], arms: Sequence[Arm], metrics: Sequence[str], order: MetricOrder) -> ArmsTable:
    """Return mean and standard deviation of metrics over the runs of each arm."""
    rows = [
        Row(
            [arm.parameters[key] for key in keys],
            len(arm.runs),
            [Estimate(*mean_std(arm.values(metric))) for metric in metrics],
            arm.statuses,
        )
        for arm in arms
    ]
    best = [
        best_of([row.estimates[place].mean for row in rows], order.better(metric))
        for place, metric in enumerate(metrics)
    ]
    return ArmsTable(short(keys), metrics, rows, STD, best)


def reused(plan: Plan) -> list[str]:
    """Return a line on the runs that were finished before the command, where there are any."""
    done = sum(job.done for job in plan.jobs)
    if not done:
        return []
    foreign = f" ({plan.foreign} of them made by another version of the code)" if plan.foreign else ""
    return [f"reused {done} of {len(plan.jobs)} runs that were finished before{foreign}; --again trains them again"]


def claimed(study: Mapping[str, Any] | None, metrics: Sequence[str]) -> list[str]:
    """Return the metrics that a study's claims are about, out of those that the runs have."""
    texts = [str(claim.get("metric", "")) for claim in (study or {}).get("claims") or () if isinstance(claim, Mapping)]
    words = {word for text in texts for word in re.findall(r"[\w/.]+", text)}
    return [name for name in dict.fromkeys(metrics) if name in words][:SHOWN]
