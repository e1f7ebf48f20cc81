"""The table at the end of a run, with what else is known of it, and the exit code that its status gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from dlx.cli.confusion import print_confusion
from dlx.console import console, relative
from dlx.results import by_layer
from dlx.results.escape import markup, plain
from dlx.results.facts import facts, next_commands, notes, stopping, trains
from dlx.results.looks import looks_lines
from dlx.results.metric_info import MetricOrder

PARTS = ("train", "val", "test")
MOST, MOST_COLUMNS = 20, 6  # size of the table of test transforms and strata
EXIT = {"finished": 0, "diverged": 0, "failed": 1, "interrupted": 130}


def conclude(summary: Mapping[str, Any], folder: Path) -> int:
    """Print the results of a single run and return the exit code."""
    run_table(summary, folder)
    return exit_code([summary["status"]])


def exit_code(statuses: Iterable[str]) -> int:
    """Return the exit code for the statuses of runs."""
    return max((EXIT.get(status, 1) for status in statuses), default=0)


def number(value: float | None) -> str:
    """Return a metric as text with four significant digits; empty for None."""
    return "" if value is None else f"{value:.4g}"


def run_table(summary: Mapping[str, Any], folder: Path, matrix: bool = False) -> None:
    """Print the metrics on each split, those of the naive baseline, the notes and the next commands.

    Args:
        summary: summary of the run.
        folder: its folder.
        matrix: print the confusion matrix of a classifier; otherwise its most frequent error.
    """
    metrics, baseline = summary["metrics"], summary["baseline"]
    place = relative(folder)
    parts = [part for part in PARTS if f"{part}/loss" in metrics]
    if parts:
        chosen = {group: summary["choices"].get(group) for group in ("model", "dataset", "optimizer")}
        title = " ".join(f"{group}={option}" for group, option in {**chosen, "seed": summary["seed"]}.items())
        table = Table(title=markup(title), title_justify="left")
        table.add_column("metric")
        for part in parts:
            table.add_column(part, justify="right")
        table.add_column(f"{parts[-1]}, {markup(summary['baseline_name'] or 'naive baseline')}", justify="right")
        for name in MetricOrder([summary]).info:
            row = [metrics.get(f"{part}/{name}") for part in parts]
            if any(value is not None for value in row):
                table.add_row(markup(name), *map(number, row), number(baseline.get(f"{parts[-1]}/{name}")))
        console.print(table)
        of_parts(summary, parts[-1])
    if metrics and not trains(summary):
        console.print(job_table(summary))
    console.print(f"[bold]{summary['status']}[/]  " + " · ".join(facts(summary)), highlight=False)
    for note in [*stopping(summary), *notes([summary])]:
        console.print(f"  {plain(note)}", highlight=False, markup=False, soft_wrap=True)
    for table in by_layer.tables(metrics):
        console.print(table)
    if "test" in parts:
        print_confusion(folder, matrix)
    for line in weights(summary, folder):
        console.print(f"  {plain(line)}", highlight=False, markup=False, soft_wrap=True)
    if parts and (more := measured(metrics)):
        line = f"  also measured: {plain(more)}; in summary.json and TensorBoard"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if parts and "test" in parts:
        for line in looks_lines([summary]):
            console.print(f"  {plain(line)}", highlight=False, markup=False, soft_wrap=True)
    if summary["error"]:
        console.print(f"  {plain(summary['error'], lines=True)}", highlight=False, markup=False)
    console.print(f"run   {plain(place)}", highlight=False, markup=False, soft_wrap=True)
    for command in next_commands(summary, place):
        console.print(f"next  {plain(command)}", highlight=False, markup=False, soft_wrap=True)


def of_parts(summary: Mapping[str, Any], part: str) -> None:
    """Print the metrics on a split for each test transform and for each stratum, in one row each."""
    metrics = summary["metrics"]
    names = [path.split("/")[1:] for path in metrics if path.startswith(f"{part}/") and path.count("/") == 2]
    rows = list(dict.fromkeys(row for row, _ in names))
    columns = [name for name in MetricOrder([summary]).info if any(name == metric for _, metric in names)]
    if not rows or not columns:
        return
    table = Table()
    table.add_column(f"{part}, of which")
    for name in columns[:MOST_COLUMNS]:
        table.add_column(markup(name), justify="right")
    for row in rows[:MOST]:
        table.add_row(markup(row), *(number(metrics.get(f"{part}/{row}/{name}")) for name in columns[:MOST_COLUMNS]))
    left_out = [f"{len(rows) - MOST} more rows"] if len(rows) > MOST else []
    left_out += columns[MOST_COLUMNS:]
    if left_out:
        table.caption = f"also in summary.json: {markup(', '.join(left_out))}"
    console.print(table)


def weights(summary: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the trained weights of a network with few parameters (linear models), as lines; [] for a larger one."""
    from dlx.cli.layers import FEW

    if not trains(summary) or not 0 < summary["parameters"] <= FEW or summary["status"] != "finished":
        return []
    from dlx.cli.layers import weights_lines
    from dlx.results.checkpoint import BEST, LAST, readable

    found = (readable(folder / "checkpoints" / name) for name in (BEST, LAST))
    state: Any = next((each["state_dict"] for each in found if each is not None), {})
    lines = weights_lines(state) if isinstance(state, Mapping) else []
    scaled = summary["config"].get("dataset.standardize", False) is not False
    return [*lines, "these weights are for standardized inputs and targets"] if scaled and lines else lines


def measured(metrics: Mapping[str, float]) -> str:
    """Return the number of metrics other than those of the splits as text, by the first segment of their names."""
    heads = Counter(
        head
        for head, _, rest in (name.partition("/") for name in metrics)
        if rest and head not in (*PARTS, *by_layer.HEADS)
    )
    return ", ".join(f"{head} ({count})" for head, count in heads.items())


def job_table(summary: Mapping[str, Any]) -> Table:
    """Return the table of the metrics of a job without training."""
    table = Table(title=markup(f"job={summary['job']} seed={summary['seed']}"), title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for name, value in summary["metrics"].items():
        table.add_row(markup(name), number(value))
    return table
