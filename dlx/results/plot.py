"""A comparison as a picture: lines with bands over an axis of numbers, else the points of every run by arm."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from dlx.errors import ConfigError
from dlx.results.compare import Cell, Comparison
from dlx.results.figure import COLOURS, new_figure, style

ENDINGS = (".svg", ".png", ".pdf")
LEAST_LEVELS = 3


def draw(comparison: Comparison, path: Path) -> None:
    """Draw the first metric into a file.

    Raises:
        ConfigError: its ending is none of .svg, .png, .pdf.
    """
    if path.suffix not in ENDINGS:
        raise ConfigError(f"--plot: expected a file ending in {', '.join(ENDINGS)}; got {path.name!r}")
    metric, axis = comparison.metrics[0], axis_of(comparison)
    with style():
        figure, (own,) = new_figure()
        if axis:
            lines(comparison, metric, axis, own)
        else:
            points(comparison, metric, own)
        own.set_ylabel(metric)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150, facecolor="white")


def axis_of(comparison: Comparison) -> str:
    """Return the key with the most numbers, where it has three at least."""
    levels = {key: {row.parameters.get(key) for row in comparison.rows} for key in comparison.keys}
    numeric = {k: len(own) for k, own in levels.items() if all(type(value) in (int, float) for value in own)}
    longest = max(numeric, key=lambda key: numeric[key], default="")
    return longest if numeric.get(longest, 0) >= LEAST_LEVELS else ""


def lines(comparison: Comparison, metric: str, axis: str, own: Any) -> None:
    """Draw a line for each combination of the other keys."""
    groups: dict[str, list[tuple[float, Cell]]] = {}
    for row in comparison.rows:
        name = " ".join(str(row.parameters.get(key)) for key in comparison.keys if key != axis)
        groups.setdefault(name, []).append((row.parameters[axis], row.cells[metric]))
    for colour, (name, steps) in zip(COLOURS * 99, groups.items(), strict=False):
        steps.sort(key=lambda step: step[0])
        x = np.array([place for place, _ in steps], float)
        middle = np.array([cell.mean for _, cell in steps])
        half = np.array([cell.half if math.isfinite(cell.half) else 0 for _, cell in steps])
        own.plot(x, middle, color=colour, marker="o", markersize=4, label=name)
        own.fill_between(x, middle - half, middle + half, color=colour, alpha=0.18, linewidth=0)
    places = [row.parameters[axis] for row in comparison.rows]
    if min(places) > 0 and max(places) / min(places) >= 30:
        own.set_xscale("log")
    own.set_xlabel(axis)
    if len(groups) > 1:
        own.legend(frameon=False, fontsize=9, title=" ".join(key for key in comparison.keys if key != axis))


def points(comparison: Comparison, metric: str, own: Any) -> None:
    """Draw every run as a point, mean and interval beside."""
    names = []
    for place, row in enumerate(comparison.rows):
        cell, colour = row.cells[metric], COLOURS[place % len(COLOURS)]
        jitter = (np.arange(len(cell.values)) % 5 - 2) * 0.035
        own.plot(place + jitter - 0.1, cell.values, "o", color=colour, markersize=4, alpha=0.6)
        half = cell.half if math.isfinite(cell.half) else 0
        own.errorbar([place + 0.17], [cell.mean], [half], fmt="D", color=colour, markersize=5, capsize=3)
        names.append("\n".join(str(row.parameters.get(key)) for key in comparison.keys))
    own.set_xticks(range(len(names)), names, rotation=25 if len(names) > 5 else 0)
    own.set_xlabel(", ".join(comparison.keys))
