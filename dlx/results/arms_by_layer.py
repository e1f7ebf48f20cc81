"""Tables by layer and arm of what diagnostics measured in the runs of several arms: gradients and activations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table

from dlx.results.arms import Arm
from dlx.results.by_layer import flow, percent, said
from dlx.results.compare import Comparison
from dlx.results.escape import markup, plain
from dlx.results.selection import names_of
from dlx.results.table import wrapped

BAR = 10  # characters of the longest bar
MOST_LAYERS, MOST_ARMS = 24, 30  # rows of a table with a row for each layer, and with a row for each arm
STEPS = "▁▂▃▄▅▆▇█"
WIDE = 10_000  # columns of a terminal in which every table fits


@dataclass(frozen=True)
class Quantity:
    """The content of a table.

    Attributes:
        prefix: start of the names of its metrics; the name of the layer follows.
        title: title of the table.
        share: True for a share from 0 to 1, False for a size, which is drawn on a logarithmic scale.
    """

    prefix: str
    title: str
    share: bool = False


QUANTITIES = (
    Quantity("init/gradient/norm/", "Norm of the gradient by layer, at the start"),
    Quantity("gradient/norm/", "Norm of the gradient by layer, at the end"),
    Quantity("gradient/dead/", "Dead units by layer, at the end", share=True),
    Quantity("activation/sd/", "Standard deviation of the activations by layer, at the end"),
    Quantity("activation/saturated/", "Saturated units by layer, at the end", share=True),
)
Values = Mapping[str, float]


def print_layers(console: Console, comparison: Comparison, width: int) -> None:
    """Print a table for each quantity that the runs of several arms have measured layer by layer, or nothing.

    A cell is the median over the runs of an arm, with a bar; all bars of a table have one scale. Where the columns do
    not fit, or there are many layers, each arm has a row with a bar for each layer.

    Args:
        console: the console to print to.
        comparison: the arms.
        width: width of the terminal in columns.
    """
    if len(comparison.arms) < 2:
        return
    names = names_of(comparison)
    for quantity in QUANTITIES:
        found = {name: medians(arm, quantity.prefix) for name, arm in zip(names, comparison.arms, strict=True)}
        found = {name: values for name, values in found.items() if values}
        if not found or (quantity.share and not any(any(values.values()) for values in found.values())):
            continue
        table = grid(quantity, found)
        if len(table.rows) > MOST_LAYERS or needed(table) > width:
            table = rows(quantity, found)
        console.print(table, width=min(width, needed(table)))
        for line in captions(quantity, found, comparison):
            for part in wrapped(plain(line), width, "", "  "):
                console.print(part, highlight=False, markup=False, soft_wrap=True)


def medians(arm: Arm, prefix: str) -> Values:
    """Return the median over the runs of an arm for each layer, in the order of the runs; empty if none measured it."""
    layers = dict.fromkeys(name for run in arm.runs for name in run.metrics if name.startswith(prefix))
    return {name.removeprefix(prefix): median(arm.values(name)) for name in layers}


def grid(quantity: Quantity, found: Mapping[str, Values]) -> Table:
    """Return a table with a row for each layer and a column for each arm."""
    low, high = scale(quantity, found)
    table = started(quantity)
    table.add_column("layer", no_wrap=True)
    for name in found:
        table.add_column(markup(name), no_wrap=True)
    for layer in layers_of([*found.values()]):
        cells = []
        for values in found.values():
            value = values.get(layer)
            text = number(quantity, value)
            bar = "" if value is None else "█" * round(BAR * height(quantity, value, low, high, 1 / BAR))
            cells.append(f"{text:<9} {bar:<{BAR}}")
        table.add_row(markup(layer), *cells)
    return table


def rows(quantity: Quantity, found: Mapping[str, Values]) -> Table:
    """Return a table with a row for each arm: a bar for each layer, and the values of the first and the last one."""
    low, high = scale(quantity, found)
    table = started(quantity)
    table.add_column("arm", overflow="fold")
    table.add_column("first to last layer", overflow="fold")
    table.add_column("first", justify="right")
    table.add_column("last", justify="right")
    for name, values in list(found.items())[:MOST_ARMS]:
        ends = [*values.values()]
        picture = "".join(step(height(quantity, value, low, high, 0)) for value in ends)
        table.add_row(markup(name), picture, number(quantity, ends[0]), number(quantity, ends[-1]))
    return table


def started(quantity: Quantity) -> Table:
    """Return a table without columns, under the title of a quantity."""
    return Table(title=quantity.title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))


def needed(table: Table) -> int:
    """Return the number of columns that a table takes where no line is broken."""
    return Console(width=WIDE).measure(table).maximum


def captions(quantity: Quantity, found: Mapping[str, Values], comparison: Comparison) -> list[str]:
    """Return the scale of the bars, and for gradients how each arm's norm changes from the last layer to the first."""
    runs = max(len(arm.runs) for arm in comparison.arms)
    over = f"median over the runs of an arm ({runs} at most); " if runs > 1 else ""
    low, high = scale(quantity, found)
    size = "bars from 0 to 100 %" if quantity.share else f"bars on a logarithmic scale from {low:.3g} to {high:.3g}"
    lines = [f"({over}{size})"]
    if "gradient/norm/" in quantity.prefix:
        named = {name: flow(values) for name, values in list(found.items())[:MOST_ARMS] if len(values) > 1}
        lines += [f"{name}: {text}" for name, text in named.items() if text]
    more = len(found) - MOST_ARMS
    return [*lines, f"{more} more arms: dlx report --by KEY names those to compare"] if more > 0 else lines


def scale(quantity: Quantity, found: Mapping[str, Values]) -> tuple[float, float]:
    """Return the ends of the scale of all bars: 0 and 1 for shares, or else the smallest and largest positive value."""
    there = [value for values in found.values() for value in values.values() if value > 0 and math.isfinite(value)]
    return (0.0, 1.0) if quantity.share or not there else (min(there), max(there))


def height(quantity: Quantity, value: float, low: float, high: float, least: float) -> float:
    """Return the height of a bar from 0 to 1; at least `least` for a positive value, and 0 for 0, NaN and infinity."""
    if not (value > 0 and math.isfinite(value)):
        return 0.0
    if quantity.share:
        return least + (1 - least) * value
    return least + (1 - least) * (math.log(value / low) / math.log(high / low) if high > low else 1.0)


def step(part: float) -> str:
    """Return a bar of one character for a height from 0 to 1."""
    return STEPS[round(part * (len(STEPS) - 1))]


def number(quantity: Quantity, value: float | None) -> str:
    """Return a value as text: a share in percent; empty for None."""
    return percent(value) if quantity.share else said(value)


def layers_of(found: Sequence[Values]) -> list[str]:
    """Return the layers of several arms in the order of the longest."""
    return [*dict.fromkeys(layer for values in sorted(found, key=len, reverse=True) for layer in values)]
