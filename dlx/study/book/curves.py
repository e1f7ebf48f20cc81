"""Plots of curves within a run: a value for each layer, or for each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlx.results.figure import COLORS, mean_band
from dlx.results.plot import band, over_epochs
from dlx.results.runs import Run, finished
from dlx.stored.metrics import read_metrics
from dlx.study.book.cells import facets, finish, label, panels, rows_of
from dlx.study.book.labels import plain
from dlx.study.judge.grid import Grid
from dlx.study.read.plot import Plot
from dlx.study.read.study import Study

MOST_TICKS = 8
MOST_LETTERS = 34  # tick labels with more letters in total are rotated


def profile(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw the metrics that match a pattern, such as `gradient/norm/*` by layer, with a line for each level of `by`."""
    segment = next(part for part in plot.y.split("/") if "*" in part)
    names = starred(next(iter(grid.runs.values())), plot.y)
    x = "layer" if plot.y.endswith("/*") else segment.strip("_*")

    def line(own: Any, runs: Sequence[Run], color: str, name: str | None) -> None:
        by_layer(own, [list(starred(run, plot.y).values()) for run in runs], color, name)

    return curves(plot, study, grid, x, line, list(names) if len(names) <= MOST_TICKS else ())


def epochs(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw a column of metrics.csv over the epochs, one line for each level of `by`."""

    def line(own: Any, runs: Sequence[Run], color: str, name: str | None) -> None:
        over_epochs(own, [column_of(run, plot.y) for run in finished(runs)], color, name)

    return curves(plot, study, grid, "epoch", line)


def curves(
    plot: Plot,
    study: Study,
    grid: Grid,
    x: str,
    line: Callable[[Any, Sequence[Run], str, str | None], None],
    ticks: Sequence[str] = (),
) -> Any:
    """Draw a line for the curves of the runs of each level of `by`, over 1, 2, ... or over names."""
    parts = list(facets(study, plot))
    figure, axes = panels(len(parts))
    names = list(grid.axes)
    for own, (title, where) in zip(axes, parts, strict=True):
        for color, level in zip(COLORS * 9, rows_of(study, plot), strict=False):
            at = {**where, **({plot.by: (level.text,)} if level else {})}
            runs = [
                run
                for key, run in grid.runs.items()
                if all(key[names.index(axis)] in texts for axis, texts in at.items())
            ]
            line(own, runs, color, level.text if level else None)
        finish(own, plot, title, x)
        if not plot.log_x:
            own.xaxis.get_major_locator().set_params(integer=True)  # there is no half an epoch
        if ticks:
            turned = {"rotation": 30, "ha": "right"} if len("".join(ticks)) > MOST_LETTERS else {}
            own.set_xticks(range(1, len(ticks) + 1), list(map(plain, ticks)), **turned)
    label(figure, axes, plot, study)
    return figure


def by_layer(own: Any, runs: Sequence[Sequence[float]], color: str, name: str | None) -> None:
    """Draw the mean and the band of the values at each place, of the runs that have it."""
    longest = max(map(len, runs), default=0)
    if not longest:
        return
    array = np.full((len(runs), longest), np.nan)
    for row, values in zip(array, runs, strict=True):
        row[: len(values)] = values
    band(own, np.arange(1, longest + 1), np.array([mean_band(column) for column in array.T]), color, name)


def starred(run: Run, pattern: str) -> dict[str, float]:
    """Return the metrics that match a pattern, by the text that its star matches, in the order of measurement.

    The metric without the starred segment comes first as `none` if it exists: `test/accuracy` of `test/*/accuracy`. Of
    strata it is left out, since it is a mean over them.
    """
    start, _, end = pattern.partition("*")
    plain = "/".join(part for part in pattern.split("/") if "*" not in part)
    strata = start.endswith(f"/{run.config.get('metrics', {}).get('by')}_")
    found = {"none": run.metrics[plain]} if plain in run.metrics and not strata else {}
    for name, value in run.metrics.items():
        if len(name) > len(start) + len(end) and name.startswith(start) and name.endswith(end):
            found[name[len(start) : len(name) - len(end)]] = value
    return found


def column_of(run: Run, name: str) -> list[float]:
    """Return a column of the metrics.csv of a run; empty if the run diverged in its first epoch."""
    return [row.get(name, math.nan) for row in read_metrics(run.folder)]
