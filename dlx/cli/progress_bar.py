"""The progress bar of a run that is not part of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dlx.config.hydra.session import Observer
from dlx.console import console


class RunWatcher:
    """A progress bar for one run."""

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("[bold]epoch {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}", markup=False),
            console=console,
            refresh_per_second=8,
            disable=not console.is_terminal,
        )

    def start(self, epochs: int, resumed: int) -> None:
        """Show the bar."""
        self.bar.start()
        self.task = self.bar.add_task("run", total=max(epochs, 1), completed=resumed, metrics="")

    def epoch(self, row: Mapping[str, float]) -> None:
        """Advance the bar."""
        shown = [f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step", "lr")]
        self.bar.update(self.task, completed=row["epoch"], metrics="  ".join(shown))

    def end(self, summary: Mapping[str, Any]) -> None:
        """Remove the bar."""
        self.bar.stop()


class Bars(Observer):
    """Shows a progress bar for each run that is not part of a sweep."""

    def watcher(self) -> RunWatcher:
        """Return a progress bar."""
        return RunWatcher()
