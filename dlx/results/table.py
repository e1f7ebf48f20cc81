"""A table of arms: one record for sweeps, reports, studies and the lab book, and its form in the terminal.

`dlx.results.formats` writes it as CSV, JSON, HTML and LaTeX.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape as plain
from rich.table import Table as RichTable

from dlx.results.facts import statuses_text

STD, HALF = "standard deviation", "half the 95 % interval of the mean"  # what stands behind a ±
MARK = "*"  # stands before the best arm's value, so that the best is seen without colour


@dataclass(frozen=True)
class Estimate:
    """A metric of an arm: its mean over runs and how far it spreads, nan where that is unknown."""

    mean: float
    spread: float
    values: Sequence[float] = ()


@dataclass(frozen=True)
class Row:
    """An arm: its level of each key, the number of its runs, its metrics, its runs by status, and their folders."""

    levels: Sequence[Any]
    runs: int
    estimates: Sequence[Estimate]
    statuses: Mapping[str, int]
    folders: Sequence[str] = ()


@dataclass(frozen=True)
class ArmsTable:
    """A table with one row for each arm.

    Attributes:
        keys: what tells the arms apart.
        metrics: the columns with estimates.
        rows: the arms.
        spread: what stands behind a ±: STD or HALF.
        best: for each metric the number of the best arm; None where there is none or it is not asked for.
    """

    keys: Sequence[str]
    metrics: Sequence[str]
    rows: Sequence[Row]
    spread: str
    best: Sequence[int | None] = ()

    @property
    def troubled(self) -> bool:
        """Return whether a run has not finished."""
        return any(set(row.statuses) - {"finished"} for row in self.rows)

    @property
    def header(self) -> list[str]:
        """Return the names of the columns."""
        return [*self.keys, "runs", *(["status"] if self.troubled else []), *self.metrics]

    @property
    def caption(self) -> str:
        """Return what the signs in the table mean; empty where it has none."""
        spreads = any(shown(estimate.spread) for row in self.rows for estimate in row.estimates)
        said = [f"mean ± {self.spread}, over the runs of an arm"] if spreads else []
        said += ["the best arm is marked"] if any(number is not None for number in self.best) else []
        return "; ".join(said)

    def is_best(self, metric: int, row: int) -> bool:
        """Return whether a row is the best arm by a metric; both are numbers."""
        return 0 <= metric < len(self.best) and self.best[metric] == row

    def is_best_cell(self, row: int, column: int) -> bool:
        """Return whether a cell holds the value of the best arm; both are numbers, columns as in the header."""
        return self.is_best(column - (len(self.header) - len(self.metrics)), row)

    def cells(self, mark: Callable[[str, bool], str]) -> list[list[str]]:
        """Return the rows as texts; `mark` writes an estimate, given its text and whether it is the best."""
        return [
            [
                *map(value_text, row.levels),
                str(row.runs),
                *([statuses_text(row.statuses)] if self.troubled else []),
                *(mark(estimate_text(one), self.is_best(place, number)) for place, one in enumerate(row.estimates)),
            ]
            for number, row in enumerate(self.rows)
        ]

    def narrowed(self, count: int) -> ArmsTable:
        """Return the table with its first metrics only."""
        rows = [replace(row, estimates=row.estimates[:count]) for row in self.rows]
        return replace(self, metrics=self.metrics[:count], rows=rows, best=self.best[:count])


def shown(spread: float) -> bool:
    """Return whether a spread is written behind a ±."""
    return math.isfinite(spread) and spread > 0


def estimate_text(estimate: Estimate) -> str:
    """Write mean ± spread: the spread with two significant digits, the mean to the same decimal place."""
    mean, spread = estimate.mean, estimate.spread
    if not math.isfinite(mean):
        return ""
    if not shown(spread):
        return f"{mean:.4g}"
    size = max(abs(mean), spread)
    if not 1e-3 <= size < 1e6 or spread < 1e-6 * size:
        return f"{mean:.4g} ± {spread:.2g}"
    digits = max(0, 1 - math.floor(math.log10(spread)))
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def best_of(means: Sequence[float], better: str | None) -> int | None:
    """Return the number of the best mean; None where fewer than two are there or neither direction is better."""
    there = [number for number, mean in enumerate(means) if math.isfinite(mean)]
    if better is None or len(there) < 2:
        return None
    return (max if better == "max" else min)(there, key=lambda number: means[number])


def value_text(value: object) -> str:
    """Write a value as it would be typed."""
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))


def short(keys: Sequence[str]) -> list[str]:
    """Leave out of dotted keys all but the last segment, where that is unambiguous."""
    last = Counter(key.rsplit(".", 1)[-1] for key in keys)
    return [key.rsplit(".", 1)[-1] if last[key.rsplit(".", 1)[-1]] == 1 else key for key in keys]


def fitting(table: ArmsTable, width: int) -> tuple[ArmsTable, list[str]]:
    """Return a table with as many metrics as a width allows, one in any case, and the metrics that are left out."""
    columns = zip(table.header, *table.cells(terminal_mark), strict=True)
    widths = [max(map(len, column)) + 2 for column in columns]
    count = len(table.metrics)
    while count > 1 and sum(widths[: len(widths) - len(table.metrics) + count]) > width:
        count -= 1
    return table.narrowed(count), list(table.metrics[count:])


def terminal_mark(text: str, best: bool) -> str:
    """Mark the best value without colour."""
    return f"{MARK} {text}" if best and text else text


def print_table(console: Console, table: ArmsTable, width: int, more: str, most: int | None = None) -> None:
    """Print a table, what its signs mean, and which metrics a narrow terminal has no room for.

    Args:
        console: where to.
        table: of arms.
        width: columns of the terminal.
        more: how to see the metrics without room, `{metric}` stands for the first of them.
        most: so many rows are printed; all where it is None.
    """
    table, hidden = fitting(table, width)
    printed = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for number, title in enumerate(table.header):
        printed.add_column(title, justify="left" if number < len(table.keys) else "right", overflow="fold")
    for number, row in enumerate(table.cells(terminal_mark)[:most]):
        printed.add_row(
            *(
                f"[bold green]{plain(text)}[/]" if table.is_best_cell(number, place) else plain(text)
                for place, text in enumerate(row)
            )
        )
    console.print(printed, width=width)
    said = table.caption.replace("is marked", f"is marked {MARK}")
    notes = [f"({said})"] if said else []
    if hidden:
        notes.append(f"not shown in {width} columns: {', '.join(hidden)}; {more.format(metric=hidden[0])}")
    for note in notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
