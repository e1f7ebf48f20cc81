"""A metric over the keys of many arms: a heat map over two keys, and parallel coordinates over all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dlx.errors import ConfigError
from dlx.results.compare import Comparison
from dlx.results.figure import new_figure
from dlx.results.plot import is_log
from dlx.results.table import value_text

MOST_LABELED = 64  # cells of a heat map with their numbers
MOST_TICKS = 12
APART = 0.05  # share of an axis between two ticks
PAD = 0.06  # share of an axis that stays free at both ends


def draw_heatmap(comparison: Comparison) -> Any:
    """Return a heat map of the mean of the first metric over two keys.

    Raises:
        ConfigError: The arms do not differ in two keys.
    """
    keys = comparison.keys
    if len(keys) != 2:
        raise ConfigError(
            f"--plot heatmap: expected arms that differ in two keys, got {', '.join(keys) or 'one arm'}; "
            "--by KEY,KEY names them"
        )
    levels = [ordered([arm.parameters.get(key, "") for arm in comparison.arms]) for key in keys]
    columns, rows = sorted(zip(levels, keys, strict=True), key=lambda pair: -len(pair[0]))
    array = np.full((len(rows[0]), len(columns[0])), np.nan)
    for arm, row in zip(comparison.arms, comparison.table.rows, strict=True):
        place = rows[0].index(arm.parameters.get(rows[1], "")), columns[0].index(arm.parameters.get(columns[1], ""))
        array[place] = row.estimates[0].mean
    figure, (own,) = new_figure()
    image = own.imshow(array, cmap="viridis", aspect="auto", origin="lower")
    figure.colorbar(image, ax=own, label=comparison.metrics[0]).outline.set_visible(False)
    if array.size <= MOST_LABELED:
        middle = (np.nanmin(array) + np.nanmax(array)) / 2
        for (i, j), value in np.ndenumerate(array):
            if not math.isnan(value):
                color = "white" if value < middle else "black"
                own.text(j, i, f"{value:.3g}", ha="center", va="center", color=color, fontsize=8)
    own.set_xticks(range(len(columns[0])), list(map(value_text, columns[0])))
    own.set_yticks(range(len(rows[0])), list(map(value_text, rows[0])))
    own.set_xlabel(columns[1])
    own.set_ylabel(rows[1])
    own.grid(False)
    return figure


def draw_parallel(comparison: Comparison) -> Any:
    """Return parallel coordinates: a line for each arm across its keys, which ends at its metric and has its color.

    Raises:
        ConfigError: The arms differ in no key.
    """
    if not comparison.keys:
        raise ConfigError("--plot parallel: expected arms that differ in a key, got one arm")
    means = [row.estimates[0].mean for row in comparison.table.rows]
    there = [place for place, mean in enumerate(means) if math.isfinite(mean)]
    if not there:
        raise ConfigError(f"--plot parallel: no run has a finite {comparison.metrics[0]}")
    import matplotlib

    names = [*comparison.keys, comparison.metrics[0]]
    figure, (own,) = new_figure(width=max(6.4, 1.6 * len(names)))
    lines = []
    for place, key in enumerate(comparison.keys):
        scaled, ticks = scale([comparison.arms[arm].parameters.get(key, "") for arm in there])
        lines.append(scaled)
        mark(own, place, ticks)
    scaled, ticks = scale([means[arm] for arm in there])
    lines.append(scaled)
    mark(own, len(names) - 1, ticks)
    colors = matplotlib.colormaps["viridis"]
    for line, value in sorted(zip(np.array(lines).T, scaled, strict=True), key=lambda pair: pair[1]):
        own.plot(range(len(names)), line, color=colors((value - PAD) / (1 - 2 * PAD)), alpha=0.85)
    own.set_xticks(range(len(names)), names)
    own.set_yticks([])
    own.set_ylim(0, 1)
    own.set_xlim(-0.3, len(names) - 0.4)
    own.spines["left"].set_visible(False)
    own.grid(False)
    return figure


def ordered(values: Sequence[Any]) -> list[Any]:
    """Return the distinct values, numbers in ascending order and texts in order of appearance."""
    found = list(dict.fromkeys(values))
    return sorted(found) if all(type(value) in (int, float) for value in found) else found


def scale(values: Sequence[Any]) -> tuple[np.ndarray, dict[str, float]]:
    """Return values on an axis from 0 to 1 (values,), and the place of each tick; numbers may be on a log scale."""
    distinct = ordered(values)
    numeric = all(type(value) in (int, float) for value in distinct) and len(distinct) > 1
    if numeric:
        log = is_log(distinct)
        x = np.log([float(v) for v in values]) if log else np.array(values, float)
        low, high = x.min(), x.max()
        place = PAD + (1 - 2 * PAD) * (x - low) / (high - low)
    else:
        step = (1 - 2 * PAD) / max(len(distinct) - 1, 1)
        place = np.array([PAD + distinct.index(value) * step if len(distinct) > 1 else 0.5 for value in values])
    ticks = {text(value): float(place[list(values).index(value)]) for value in distinct}
    chosen = np.linspace(0, len(ticks) - 1, min(len(ticks), MOST_TICKS)).round().astype(int)
    return place, {name: ticks[name] for name in (list(ticks)[number] for number in chosen)}


def text(value: Any) -> str:
    """Return a value as the text of a tick."""
    return f"{value:.3g}" if isinstance(value, float) else value_text(value)


def mark(own: Any, place: int, ticks: dict[str, float]) -> None:
    """Draw one of the parallel axes with its ticks, of which those that would overlap are left out."""
    own.axvline(place, color="gray", linewidth=0.8)
    ordered = sorted(ticks.items(), key=lambda item: item[1])
    kept: list[float] = []
    for name, height in [*ordered[:1], *ordered[:0:-1]]:  # the lowest and the highest first
        if all(abs(height - other) >= APART for other in kept):
            box = {"color": "white", "alpha": 0.6, "pad": 0.5}
            own.text(place + 0.03, height, name, va="center", fontsize=8, bbox=box)
            kept.append(height)
