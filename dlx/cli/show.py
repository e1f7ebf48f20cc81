"""What a person sees of a run: a progress bar, and the table at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from dlx import hydra_session
from dlx.console import console, relative

SHOWN = ("loss", "accuracy", "mse", "rmse", "mae", "r2", "skill", "precision", "recall", "f1", "auroc")
EXIT = {"finished": 0, "diverged": 0, "failed": 1, "interrupted": 130}


class RunWatcher:
    """A progress bar for one run, and its summary kept for the table at the end."""

    def __init__(self, outcome: list[Any]) -> None:
        self.outcome = outcome
        self.bar = Progress(
            TextColumn("[bold]epoch {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}"),
            console=console,
            refresh_per_second=8,
            disable=not console.is_terminal,
        )

    def start(self, epochs: int, resumed: int) -> None:
        """Show the bar."""
        self.bar.start()
        self.task = self.bar.add_task("run", total=max(epochs, 1), completed=resumed, metrics="")

    def epoch(self, row: Mapping[str, float]) -> None:
        """Move the bar."""
        shown = [f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step", "lr")]
        self.bar.update(self.task, completed=row["epoch"], metrics="  ".join(shown))

    def end(self, summary: Mapping[str, Any]) -> None:
        """Keep the summary."""
        self.bar.stop()
        self.outcome.append(summary)


def prepare(outcome: list[Any]) -> None:
    """Let the next run be watched by a bar of its own."""
    hydra_session.current.make_watcher = lambda: RunWatcher(outcome)


def conclude(outcome: list[Any]) -> int:
    """Print the table of a single run and return the exit code; sweeps have printed theirs."""
    session = hydra_session.current
    if not session.swept and outcome:
        run_table(outcome[0], hydra_session.current.folder or Path())
    statuses = session.statuses if session.swept else [summary["status"] for summary in outcome]
    return max((EXIT.get(status, 1) for status in statuses), default=0)


def number(value: float | None) -> str:
    """Write a metric: four significant digits."""
    return "" if value is None else f"{value:.4g}"


def run_table(summary: Mapping[str, Any], folder: Path) -> None:
    """Print metrics on each part beside the naive baseline, and what to type next."""
    metrics, baseline = summary["metrics"], summary["baseline"]
    place = relative(folder)
    parts = [part for part in ("train", "val", "test") if f"{part}/loss" in metrics]
    if parts:
        chosen = {group: summary["choices"].get(group) for group in ("model", "dataset", "optimizer")}
        title = " ".join(f"{group}={option}" for group, option in {**chosen, "seed": summary["seed"]}.items())
        table = Table(title=title, title_justify="left")
        table.add_column("metric")
        for part in parts:
            table.add_column(part, justify="right")
        table.add_column(f"{parts[-1]}, {summary.get('baseline_name', 'naive baseline')}", justify="right")
        for name in SHOWN:
            row = [metrics.get(f"{part}/{name}") for part in parts]
            if any(value is not None for value in row):
                table.add_row(name, *map(number, row), number(baseline.get(f"{parts[-1]}/{name}")))
        console.print(table)
    facts = [
        f"{summary['parameters']:,} parameters",
        f"{summary['epochs']} epochs",
        f"{summary['steps']:,} steps",
    ]
    if summary.get("job", "train") != "train":
        console.print(job_table(summary))
        facts = []
    spent = summary["seconds"]
    measuring = f", diagnostics {spent['diagnostics']:.2g} s of it" if "diagnostics" in spent else ""
    facts.append(f"{spent['total']:.1f} s{measuring}")
    console.print(f"[bold]{summary['status']}[/]  " + " · ".join(facts), highlight=False)
    for note in summary.get("notes", []):
        console.print(f"  {note}", highlight=False)
    if summary["error"]:
        console.print(f"  {summary['error']}", highlight=False, markup=False)
    console.print(f"run   {place}", highlight=False, markup=False, soft_wrap=True)
    for command in next_commands(summary, place):
        console.print(f"next  {command}", highlight=False, markup=False, soft_wrap=True)


def job_table(summary: Mapping[str, Any]) -> Table:
    """Return what a job that is no training has measured."""
    table = Table(title=f"job={summary['job']} seed={summary['seed']}", title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for name, value in summary["metrics"].items():
        table.add_row(name, number(value))
    return table


def next_commands(summary: Mapping[str, Any], place: str) -> list[str]:
    """Return what is worth typing after a run; the user's own modules are typed each time, never taken from a file."""
    admitted = f" --admit {os.environ['DLX_ADMIT']}" if os.environ.get("DLX_ADMIT") else ""
    if summary["status"] == "interrupted":
        return [f"dlx resume {place}{admitted}"]
    overrides = " ".join(word for word in summary["overrides"] if not word.startswith("seed="))
    return [
        f"dlx board {place}",
        *([f"dlx evaluate {place}{admitted}"] if summary.get("job", "train") == "train" else []),
        f"dlx train -m {overrides} 'seed=range(5)'{admitted}".replace("  ", " "),
    ]
