"""Curves drawn with characters: dots of Braille, of which one character holds two by four, or asterisks."""

from __future__ import annotations

import sys

import numpy as np

from dlx.cli.text import width
from dlx.results.option_graph import Graph

ROWS, COLUMNS = 7, 32  # characters of a panel, without its labels
GAP = 3  # characters between two panels
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bits of a Braille character by row and column
BLANK = 0x2800
INDENT = "    "


def lines_of(graph: Graph) -> list[str]:
    """Return the lines of a graph, one panel for each curve: side by side where the terminal has room for them."""
    fine = can_print("⣿└│─")
    columns = min(COLUMNS, width() - len(INDENT) - 10)
    panels = [
        panel(graph.x, y, name or graph.y_label, (graph.x_label, columns), fine) for name, y in graph.curves.items()
    ]
    across = sum(len(rows[0]) + GAP for rows in panels) - GAP
    if len(INDENT) + across > width():
        return [f"{INDENT}{line}".rstrip() for rows in panels for line in rows]
    return [f"{INDENT}{(' ' * GAP).join(parts)}".rstrip() for parts in zip(*panels, strict=True)]


def can_print(signs: str) -> bool:
    """Return whether the output can hold some signs."""
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def panel(x: np.ndarray, y: np.ndarray, title: str, below: tuple[str, int], fine: bool) -> list[str]:
    """Return a curve with its title, its range at the left and that of x below, as lines of equal length.

    Args:
        x: positions in ascending order, shape (points,).
        y: the value at each position, shape (points,).
        title: what stands above.
        below: the label of x, and the number of columns.
        fine: draw with Braille dots; otherwise with ASCII.
    """
    label, columns = below
    low, high = min(float(y.min()), 0.0), max(float(y.max()), 0.0)
    high = high if high > low else low + 1.0
    body = picture(np.interp(np.linspace(x[0], x[-1], columns * (2 if fine else 1)), x, y), (low, high), fine)
    left = max(len(number(low)), len(number(high)))
    bar, corner, line = "│└─" if fine else "|+-"
    sides = [number(high), *[""] * (ROWS - 2), number(low)]
    ends = f"{number(x[0])}{label:^{columns - len(number(x[0])) - len(number(x[-1]))}}{number(x[-1])}"
    rows = [f"{side:>{left}} {bar}{drawn}" for side, drawn in zip(sides, body, strict=True)]
    rows += [f"{'':>{left}} {corner}{line * columns}", f"{'':>{left}}  {ends}"]
    size = len(rows[0])
    return [f"{'':>{left}}  {title}"[:size].ljust(size), *rows]


def picture(y: np.ndarray, span: tuple[float, float], fine: bool) -> list[str]:
    """Return a curve as rows of characters; a jump from one column to the next is drawn as a vertical line.

    Args:
        y: the value in each column of dots.
        span: the values at the lower and at the upper edge.
        fine: draw with Braille dots, two columns and four rows to a character; otherwise with asterisks.
    """
    low, high = span
    tall, wide = (4, 2) if fine else (1, 1)
    places = np.rint((high - y) / (high - low) * (ROWS * tall - 1)).astype(int)
    signs = np.zeros((ROWS, len(y) // wide), dtype=int)
    for column, place in enumerate(places):
        before = places[column - 1] if column else place
        step = 1 if place >= before else -1
        for row in range(before + step if abs(place - before) > 1 else place, place + step, step):
            signs[row // tall, column // wide] |= DOTS[row % tall][column % wide] if fine else 1
    return ["".join(chr(BLANK + sign) if fine else " *"[sign] for sign in row) for row in signs]


def number(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{round(float(value), 6) + 0.0:.3g}"
