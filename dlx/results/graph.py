"""A graph of operations as a picture: one box below the other, with arrows along which values flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dlx.results.figure import COLORS, INK, style

ROW, WIDE = 0.78, 7.2  # inches: height of a row, width of the picture
MAIN, SIDE = 0.66, 0.17  # horizontal places of operations and of weights
NARROW = 62  # points between the middle of an operation and the arrows that reach it from the side
CHARACTER = 0.0105  # width of a character as a fraction of the picture


class Box(NamedTuple):
    """A value in the picture.

    Attributes:
        name: its symbol.
        lines: what is written into the box.
        takes: the symbols of the boxes that arrows come from.
        weight: whether it is a weight, which stands at the side of the operation that takes it.
    """

    name: str
    lines: Sequence[str]
    takes: Sequence[str]
    weight: bool


def draw_graph(boxes: Sequence[Box], title: str) -> Any:
    """Return a figure of the boxes: operations from top to bottom, weights to the left of the first that takes them."""
    from matplotlib.figure import Figure

    places = places_of(boxes)
    rows = max(row for _, row in places.values()) + 1
    with style():
        figure = Figure(figsize=(WIDE, ROW * rows + 0.5))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, 1)
        axes.set_ylim(rows - 0.4, -1.0)
        axes.axis("off")
        axes.text(0.02, -0.72, title, fontsize=11, fontweight="bold", color=INK)
        order = {box.name: number for number, box in enumerate(each for each in boxes if not each.weight)}
        for box in boxes:
            x, row = places[box.name]
            frame = {
                "boxstyle": "round,pad=0.35",
                "facecolor": "white" if not box.weight else "#f3ead9",
                "edgecolor": COLORS[1] if box.weight else COLORS[0],
            }
            size = min(8.0, 8.0 * 0.4 / (CHARACTER * max(map(len, box.lines)) + 1e-9)) if not box.weight else 7.0
            axes.text(x, row, "\n".join(box.lines), ha="center", va="center", fontsize=size, bbox=frame, zorder=3,
                      color="black", family="monospace")  # fmt: skip
            for taken in dict.fromkeys(box.takes):
                arrow(axes, places[taken], (x, row), skips=taken in order and order[box.name] - order[taken] > 1)
    return figure


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], skips: bool) -> None:
    """Draw an arrow between two places; one that skips operations bends around the boxes between them."""
    aside = start[0] != end[0]
    look = {
        "arrowstyle": "-|>",
        "color": COLORS[5],
        "connectionstyle": "arc3,rad=-0.6" if skips else "arc3",
        "shrinkA": 16,
        "shrinkB": NARROW if aside else 22,
    }
    axes.annotate("", xy=end, xytext=start, zorder=1, arrowprops=look)


def places_of(boxes: Sequence[Box]) -> dict[str, tuple[float, float]]:
    """Return the place of each box: operations in rows, weights beside the first operation that takes them."""
    operations = [box for box in boxes if not box.weight]
    rows: dict[str, float] = {}
    beside: dict[str, list[str]] = {}
    placed: set[str] = set()
    weights = {box.name for box in boxes if box.weight}
    for box in operations:
        beside[box.name] = [name for name in dict.fromkeys(box.takes) if name in weights - placed]
        placed |= set(beside[box.name])
    at = 0.0
    found: dict[str, tuple[float, float]] = {}
    for box in operations:
        count = max(len(beside[box.name]), 1)
        middle = at + (count - 1) / 2
        rows[box.name] = middle
        found[box.name] = (MAIN, middle)
        found |= {name: (SIDE, at + number) for number, name in enumerate(beside[box.name])}
        at += count
    return found | {name: (SIDE, at + number) for number, name in enumerate(sorted(weights - placed))}
