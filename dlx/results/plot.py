"""Drawing of bands and points for reports, studies and the lab book, and of the figure of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlx.errors import ConfigError
from dlx.results.compare import Comparison, levels
from dlx.results.figure import COLORS, mean_band, new_figure
from dlx.results.table import Estimate

LEAST_LEVELS = 3
ACROSS = 3  # entries of a legend beside each other
LOG_FROM = 30  # an axis of positive values is logarithmic from this ratio of the largest to the smallest


def band(own: Any, x: ArrayLike, middle: np.ndarray, color: str, name: str | None, marker: str = "") -> None:
    """Draw a line along x with a band around it.

    Args:
        own: the axes of a figure.
        x: x coordinates (points,).
        middle: mean, lower and upper bound (points, 3).
        color: color of the line and the band.
        name: label in the legend; None to leave it out.
        marker: marker at each point; empty for no markers.
    """
    markers = {"marker": marker, "markersize": 4} if marker else {}
    own.plot(x, middle[:, 0], color=color, **markers, label=name)
    own.fill_between(x, middle[:, 1], middle[:, 2], color=color, alpha=0.18, linewidth=0)


def over_epochs(own: Any, runs: Sequence[Sequence[float]], color: str, name: str | None, broken: bool = False) -> None:
    """Draw the mean of several curves from the first epoch on, with a band around it.

    The mean of the runs that are left after others have ended would be another quantity: early stopping ends the worst
    runs first, and divergence too. So the line ends, with a dot, where the first run ends. A value of a single epoch,
    such as the loss of a closed form, is a dotted line from side to side.

    Args:
        own: the axes of a figure.
        runs: the values of each run, one for each epoch; a run without any is left out.
        color: color of the line and the band.
        name: label in the legend; None to leave it out.
        broken: draw a thin broken line without a band.
    """
    there = [list(values) for values in runs if len(values)]
    if not there:
        return
    shortest, longest = min(map(len, there)), max(map(len, there))
    array = np.array([values[:shortest] for values in there], float)
    array[~np.isfinite(array)] = np.nan
    middle, epochs = np.array([mean_band(column) for column in array.T]), np.arange(1, shortest + 1)
    if longest == 1:
        own.axhline(middle[0, 0], color=color, linestyle=":", linewidth=1.5, zorder=3)
    if broken:
        own.plot(epochs, middle[:, 0], color=color, linestyle="--", linewidth=1, alpha=0.8)
    else:
        band(own, epochs, middle, color, name, "o" if longest < 3 else "")
        if 2 < shortest < longest:
            own.plot(epochs[-1:], middle[-1:, 0], "o", color=color, markersize=4)


def points(own: Any, place: float, values: ArrayLike, middle: tuple[float, float, float], color: str) -> None:
    """Draw values as points at one x coordinate, with their mean and interval next to them.

    Args:
        own: the axes of a figure.
        place: the x coordinate.
        values: one value for each run (runs,).
        middle: mean, lower and upper bound.
        color: color of the points, the mean and the interval.
    """
    values = np.asarray(values, float)
    jitter = (np.arange(len(values)) % 5 - 2) * 0.035
    own.plot(place + jitter - 0.1, values, "o", color=color, markersize=4, alpha=0.6)
    mean, low, high = middle
    own.errorbar([place + 0.17], [mean], [[mean - low], [high - mean]], fmt="D", color=color, markersize=5, capsize=3)


def is_log(values: Sequence[float]) -> bool:
    """Return True if an axis with these values should be logarithmic."""
    return min(values) > 0 and max(values) / min(values) >= LOG_FROM


def draw_lines_or_points(comparison: Comparison) -> Any:
    """Return a figure of the first metric of a comparison: lines over a numeric key, or else the points of each arm."""
    axis = axis_of(comparison)
    figure, (own,) = new_figure()
    if axis:
        draw_lines(comparison, axis, own)
    else:
        draw_points(comparison, own)
    own.set_ylabel(comparison.metrics[0])
    return figure


def draw_all_points(comparison: Comparison) -> Any:
    """Return a figure of the first metric of a comparison with the points of each arm."""
    figure, (own,) = new_figure(width=max(6.4, 0.8 * len(comparison.arms)))
    draw_points(comparison, own)
    own.set_ylabel(comparison.metrics[0])
    return figure


def draw_metrics(comparison: Comparison) -> Any:
    """Return a figure with a line for each metric of a comparison over its only key, such as bias and variance.

    The y axis is logarithmic if all means are positive and far apart.

    Raises:
        ConfigError: The arms differ in other keys than one with three numbers or more, or no metric is finite.
    """
    axis = comparison.keys[0] if len(comparison.keys) == 1 else ""
    places = [number_of(arm.parameters.get(axis)) for arm in comparison.arms]
    known = [place for place in places if place is not None]
    if len(known) < len(places) or len(set(known)) < LEAST_LEVELS:
        named = ", ".join(comparison.keys) or "one arm"
        raise ConfigError(f"--plot metrics: expected arms that differ in one key with three numbers, got {named}")
    steps = sorted(zip(known, comparison.table.rows, strict=True), key=lambda step: step[0])
    means = [one.mean for _, row in steps for one in row.estimates if math.isfinite(one.mean)]
    if not means:
        raise ConfigError(f"--plot metrics: no run has a finite {comparison.metrics[0]}")
    figure, (own,) = new_figure()
    for place, (color, metric) in enumerate(zip(COLORS * 99, comparison.metrics, strict=False)):
        middle = np.array([bounds(row.estimates[place]) for _, row in steps])
        band(own, np.array([x for x, _ in steps], float), middle, color, metric, "o")
    if is_log([x for x, _ in steps]):
        own.set_xscale("log")
    if is_log(means):
        own.set_yscale("log")
    own.set_xlabel(axis)
    figure.legend(frameon=False, fontsize=9, loc="outside lower center", ncols=ACROSS)
    return figure


def number_of(value: object) -> float | None:
    """Return the finite number that a value or the text of a level is, or None."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def axis_of(comparison: Comparison) -> str:
    """Return the numeric key with the most values; empty if none has at least three."""
    levels = {key: {arm.parameters.get(key) for arm in comparison.arms} for key in comparison.keys}
    numeric = {k: len(own) for k, own in levels.items() if all(type(value) in (int, float) for value in own)}
    longest = max(numeric, key=lambda key: numeric[key], default="")
    return longest if numeric.get(longest, 0) >= LEAST_LEVELS else ""


def draw_lines(comparison: Comparison, axis: str, own: Any) -> None:
    """Draw a line for each combination of the other keys."""
    groups: dict[str, list[tuple[float, Estimate]]] = {}
    for arm, row in zip(comparison.arms, comparison.table.rows, strict=True):
        name = " ".join(levels(arm, [key for key in comparison.keys if key != axis]).values())
        groups.setdefault(name, []).append((arm.parameters[axis], row.estimates[0]))
    for color, (name, steps) in zip(COLORS * 99, groups.items(), strict=False):
        steps.sort(key=lambda step: step[0])
        band(
            own,
            np.array([place for place, _ in steps], float),
            np.array([bounds(estimate) for _, estimate in steps]),
            color,
            name,
            "o",
        )
    if is_log([arm.parameters[axis] for arm in comparison.arms]):
        own.set_xscale("log")
    own.set_xlabel(axis)
    if len(groups) > 1:
        own.legend(frameon=False, fontsize=9, title=" ".join(key for key in comparison.keys if key != axis))


def draw_points(comparison: Comparison, own: Any) -> None:
    """Draw every run as a point, with the mean and the interval of each arm."""
    names = []
    for place, (arm, row) in enumerate(zip(comparison.arms, comparison.table.rows, strict=True)):
        estimate = row.estimates[0]
        points(own, place, estimate.values, bounds(estimate), COLORS[place % len(COLORS)])
        names.append("\n".join(levels(arm, comparison.keys).values()))
    own.set_xticks(range(len(names)), names, rotation=25 if len(names) > 5 else 0)
    own.set_xlabel(", ".join(comparison.keys))


def bounds(estimate: Estimate) -> tuple[float, float, float]:
    """Return the mean, the lower and the upper bound of an estimate; all are equal for a single run."""
    half = estimate.spread if math.isfinite(estimate.spread) else 0.0
    return estimate.mean, estimate.mean - half, estimate.mean + half
