"""What a person sees of a sweep: one bar over all runs with the best so far, and a table of arms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dlx.config.hydra.session import Observer
from dlx.console import console, relative
from dlx.results.direction import direction
from dlx.results.runs import SEED_KEYS, Run
from dlx.sweep.table import SHOWN, arms_table, grouped

if TYPE_CHECKING:
    from dlx.sweep.launch import Sweep
    from dlx.sweep.plan import Job, Plan


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

    def judge(self, metric: str, value: float, label: str) -> None:
        """Keep the best run by the monitored metric."""
        sign = 1 if direction(metric) == "min" else -1
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
            self.sweep.judge(metric, best["value"], self.label or " ".join(summary["overrides"]))
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
    plan, found = sweep.plan, sweep.found
    rows: dict[str, tuple[dict[str, str], Run]] = {}
    for cell, job in plan.cells:
        run = found.get(job.identity)
        if run is not None and job.identity not in rows:  # equal configurations stand in one row
            rows[job.identity] = ({axis: text for axis, text in cell.labels.items() if axis not in SEED_KEYS}, run)
    if rows:
        metrics = claimed(plan.jobs[0].config.get("study"), [run for _, run in rows.values()])
        console.print(arms_table(*grouped(list(rows.values())), metrics, width=console.width))
    missing = len(plan.jobs) - len(rows)
    place = relative(plan.folder)
    lines = [f"sweep {place}"]
    if plan.foreign:
        lines.insert(0, f"{plan.foreign} finished runs are of another version of the code; --again repeats them")
    if missing or any(run.status == "interrupted" for _, run in rows.values()):
        lines += [f"next  dlx resume {place}"]
    else:
        lines += [f"next  dlx board {place}"]
    for note in Counter(note for _, run in rows.values() for note in run.summary.get("notes", [])):
        console.print(f"note  {note}", highlight=False, markup=False, soft_wrap=True)
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for _, run in rows.values():
        if run.status == "failed":
            console.print(f"failed {relative(run.folder)}: {run.summary['error']}", highlight=False, markup=False)


def claimed(study: Mapping[str, Any] | None, runs: Sequence[Run]) -> list[str]:
    """Return the metrics that a study's claims are about, out of those that the runs have."""
    texts = [str(claim.get("metric", "")) for claim in (study or {}).get("claims") or () if isinstance(claim, Mapping)]
    words = {word for text in texts for word in re.findall(r"[\w/.]+", text)}
    return [name for name in dict.fromkeys(name for run in runs for name in run.metrics) if name in words][:SHOWN]
