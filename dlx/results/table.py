"""The table of arms of sweeps, reports, studies and the lab book, and its form in the terminal.

`dlx.results.formats` converts it to CSV, JSON, HTML and LaTeX.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from dlx.results.escape import markup, plain
from dlx.results.facts import statuses_text

STD, HALF = "standard deviation", "half the 95 % interval of the mean"  # meaning of the number after ±
ARM = "arm"  # the key of an arm that has a name of its own
MARK = "*"  # precedes the best value of a metric, so that it is recognizable without color


@dataclass(frozen=True)
class Estimate:
    """A metric of an arm: its mean over the runs and its spread, nan if unknown."""

    mean: float
    spread: float
    values: Sequence[float] = ()


@dataclass(frozen=True)
class Row:
    """A row of the table: the levels of an arm, its number of runs, metrics, statuses, and the folders of its runs."""

    levels: Sequence[Any]
    runs: int
    estimates: Sequence[Estimate]
    statuses: Mapping[str, int]
    folders: Sequence[str] = ()


@dataclass(frozen=True)
class ArmsTable:
    """A table with one row for each arm.

    Attributes:
        keys: the parameters in which the arms differ.
        metrics: the columns with estimates.
        rows: the arms.
        spread: meaning of the number after ±: STD or HALF.
        best: index of the best arm for each metric; None if there is none or it is not to be marked.
        say: puts the words of the table that are no names into another language.
    """

    keys: Sequence[str]
    metrics: Sequence[str]
    rows: Sequence[Row]
    spread: str
    best: Sequence[int | None] = ()
    say: Callable[[str], str] = str

    @property
    def troubled(self) -> bool:
        """True if any run has another status than finished."""
        return any(set(row.statuses) - {"finished"} for row in self.rows)

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        keys = [self.say(key) if key == ARM else key for key in self.keys]
        return [*keys, self.say("runs"), *([self.say("status")] if self.troubled else []), *self.metrics]

    @property
    def caption(self) -> str:
        """The meaning of the signs in the table; empty if it has none."""
        spreads = any(shown(estimate.spread) for row in self.rows for estimate in row.estimates)
        said = [f"mean ± {self.spread}, over the runs of an arm"] if spreads else []
        said += ["the best arm is marked"] if any(number is not None for number in self.best) else []
        return self.say("; ".join(said))

    def is_best(self, metric: int, row: int) -> bool:
        """Return True if a row is the best arm by a metric; both are given by their index."""
        return 0 <= metric < len(self.best) and self.best[metric] == row

    def is_best_cell(self, row: int, column: int) -> bool:
        """Return True if a cell contains the best value of its metric; columns are counted as in the header."""
        return self.is_best(column - (len(self.header) - len(self.metrics)), row)

    def cells(self, mark: Callable[[str, bool], str]) -> list[list[str]]:
        """Return the cells of each row as texts; `mark` formats an estimate, given its text and True for the best."""
        return [
            [
                *map(value_text, row.levels),
                str(row.runs),
                *([self.say(statuses_text(row.statuses))] if self.troubled else []),
                *(mark(estimate_text(one), self.is_best(place, number)) for place, one in enumerate(row.estimates)),
            ]
            for number, row in enumerate(self.rows)
        ]

    def narrowed(self, count: int) -> ArmsTable:
        """Return the table with only the first metrics."""
        rows = [replace(row, estimates=row.estimates[:count]) for row in self.rows]
        return replace(self, metrics=self.metrics[:count], rows=rows, best=self.best[:count])


def shown(spread: float) -> bool:
    """Return True if a spread is printed after ±."""
    return math.isfinite(spread) and spread > 0


def estimate_text(estimate: Estimate) -> str:
    """Return `mean ± spread`, the spread with two significant digits, the mean to the same place or with four."""
    mean, spread = estimate.mean, estimate.spread
    if not math.isfinite(mean):
        return ""
    if not shown(spread):
        return f"{mean:.0f}" if 1e4 <= abs(mean) < 1e6 else f"{mean:.4g}"
    size = max(abs(mean), spread)
    if not 1e-3 <= size < 1e6 or spread < 1e-3 * size:
        return f"{mean:.4g} ± {spread:.2g}"
    digits = max(0, 1 - math.floor(math.log10(spread)))
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def best_of(means: Sequence[float], better: str | None) -> int | None:
    """Return the index of the best mean; None with fewer than two finite means or without a better direction."""
    there = [number for number, mean in enumerate(means) if math.isfinite(mean)]
    if better is None or len(there) < 2:
        return None
    return (max if better == "max" else min)(there, key=lambda number: means[number])


def value_text(value: object) -> str:
    """Return a value as it is typed on the command line."""
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))


def short(keys: Sequence[str]) -> list[str]:
    """Return the last segment of each dotted key, or the whole key if the segment is ambiguous."""
    last = Counter(key.rsplit(".", 1)[-1] for key in keys)
    return [key.rsplit(".", 1)[-1] if last[key.rsplit(".", 1)[-1]] == 1 else key for key in keys]


def fitting(table: ArmsTable, width: int) -> tuple[ArmsTable, list[str]]:
    """Return a table with as many metrics as fit the width, but at least one, and the metrics that are left out."""
    columns = zip(table.header, *table.cells(terminal_mark), strict=True)
    widths = [max(len(plain(text)) for text in column) + 2 for column in columns]
    count = len(table.metrics)
    while count > 1 and sum(widths[: len(widths) - len(table.metrics) + count]) > width:
        count -= 1
    return table.narrowed(count), list(table.metrics[count:])


def needed(table: ArmsTable) -> int:
    """Return the number of columns that a table takes in the terminal."""
    columns = zip(table.header, *table.cells(terminal_mark), strict=True)
    return sum(max(len(plain(text)) for text in column) + 2 for column in columns)


def blocks(table: ArmsTable, width: int, most: int | None = None) -> list[str]:
    """Return the lines of a table that is wider than the terminal: a block for each arm, with all its metrics.

    Args:
        table: the table of arms.
        width: number of columns; longer lines are wrapped between words.
        most: the maximum number of arms; None for all.
    """
    lines: list[str] = []
    first = len(table.header) - len(table.metrics)
    for row in table.cells(terminal_mark)[:most]:
        levels = " ".join(f"{key}={value}" for key, value in zip(table.keys, row, strict=False) if value != "")
        number = row[len(table.keys)]
        facts = [table.say(f"{number} run{'' if number == '1' else 's'}"), *row[len(table.keys) + 1 : first]]
        estimates = [f"{name} {text}" for name, text in zip(table.metrics, row[first:], strict=True) if text]
        lines += wrapped(levels or table.say("all runs"), width, "", "  ")
        lines += [line for fact in (", ".join(facts), *estimates) for line in wrapped(fact, width, "    ", "      ")]
    said = table.caption.replace("is marked", f"is marked {MARK}")
    return lines + (wrapped(f"({said})", width, "", "") if said else [])


def wrapped(text: str, width: int, first: str, later: str) -> list[str]:
    """Return the lines of a text, wrapped between words, with the indents of the first and of later lines."""
    return wrap(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def terminal_mark(text: str, best: bool) -> str:
    """Return a value, with a mark if it is the best."""
    return f"{MARK}{text}" if best and text else text


def print_table(console: Console, table: ArmsTable, width: int, more: str, most: int | None = None) -> None:
    """Print a table, the meaning of its signs, and the metrics that do not fit the terminal.

    If not even one metric fits, each arm is printed as a block of lines.

    Args:
        console: the console to print to.
        table: the table of arms.
        width: width of the terminal in columns.
        more: how to see the metrics that do not fit; `{metric}` is replaced by the first of them.
        most: the maximum number of rows; None for all.
    """
    if needed(table.narrowed(1)) > width:
        for line in blocks(table, width, most):
            console.print(plain(line), highlight=False, markup=False, soft_wrap=True)
        return
    table, hidden = fitting(table, width)
    printed = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for number, title in enumerate(table.header):
        printed.add_column(markup(title), justify="left" if number < len(table.keys) else "right", overflow="fold")
    for number, row in enumerate(table.cells(terminal_mark)[:most]):
        printed.add_row(
            *(
                f"[bold green]{markup(text)}[/]" if table.is_best_cell(number, place) else markup(text)
                for place, text in enumerate(row)
            )
        )
    console.print(printed, width=width)
    said = table.caption.replace("is marked", f"is marked {MARK}")
    notes = wrapped(f"({said})", width, "", "") if said else []
    if hidden:
        said, remedy = table.say(f"not shown in {width} columns: {', '.join(hidden)};"), more.format(metric=hidden[0])
        whole = f"{said} {remedy}"
        notes += [whole] if len(whole) <= width else [*wrapped(said, width, "", ""), remedy]  # a command is not broken
    for note in notes:
        console.print(plain(note), highlight=False, markup=False, soft_wrap=True)
