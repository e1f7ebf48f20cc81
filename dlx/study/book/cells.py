"""Functions shared by the plots of studies: the cells that they show, scales, labels and legends."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dlx.results.figure import INK, new_figure
from dlx.study.book.captions import x_words, y_words
from dlx.study.book.labels import key_words
from dlx.study.judge.grid import Grid
from dlx.study.read.claim import Where
from dlx.study.read.expression import parse
from dlx.study.read.plot import Plot
from dlx.study.read.study import Study
from dlx.sweep.cells import ARM, SEED, Level

WIDTH, HEIGHT, PANEL = 4.8, 3.9, 2.1  # inches; wider text would be too small on a phone
LETTER = 0.024  # of the width of the axis, a letter of a tick label
LETTERS_UP = 30  # in a line of the label of the y axis
ACROSS = 48  # letters of a legend in one row, of which its line takes a few
LINE = 6


def levels_of(study: Study, axis: str, plot: Plot) -> list[Level]:
    """Return the levels of an axis that a plot shows; empty if there is no axis."""
    return [level for level in study.axes[axis] if level.text in plot.at.get(axis, (level.text,))] if axis else []


def rows_of(study: Study, plot: Plot) -> list[Level | None]:
    """Return the levels of `by`, or a single None if the plot does not distinguish lines."""
    return [*levels_of(study, plot.by, plot)] or [None]


def facets(study: Study, plot: Plot) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """Yield the title and the cells of each panel of a plot, one for each level of the first axis left open."""
    taken = (plot.x, plot.by, SEED, study.replicate)
    left = [axis for axis in study.axes if axis not in taken and len(levels_of(study, axis, plot)) > 1]
    if not left:
        yield "", dict(plot.at)
        return
    for level in levels_of(study, left[0], plot)[:4]:
        yield f"{key_words(left[0]) or left[0]}: {level.text}", {**plot.at, left[0]: (level.text,)}


def by_seed(plot: Plot, study: Study, grid: Grid, where: Where) -> np.ndarray:
    """Return the plotted expression for each statistical unit in some cells, averaged over axes that are left open."""
    values = grid.values(parse(plot.y, "study.plot.y", study.metrics), where, None, "study.plot.y")
    unit = values.axes.index(study.replicate)
    moved = np.moveaxis(values.array, unit, 0).reshape(values.array.shape[unit], -1)
    moved = np.where(np.isfinite(moved), moved, np.nan)
    there = ~np.isnan(moved)
    return np.where(there.any(1), np.where(there, moved, 0).sum(1) / np.maximum(there.sum(1), 1), np.nan)


def exists(grid: Grid, where: Where) -> bool:
    """Return True if any of the cells has a run."""
    places = [(list(grid.axes).index(axis), texts) for axis, texts in where.items()]
    return any(all(key[place] in texts for place, texts in places) for key in grid.runs)


def panels(count: int) -> tuple[Any, list[Any]]:
    """Return a figure with axes one below the other, narrow enough to be read on a phone."""
    if count == 1:
        return new_figure(width=WIDTH, height=HEIGHT)
    figure, (first,) = new_figure(width=WIDTH, height=0.7 + PANEL * count)
    first.remove()
    axes = figure.subplots(count, 1, sharex=True, sharey=True)
    for own in axes:
        own.set_facecolor("none")
        own.grid(True, alpha=0.25, linewidth=0.6, color=INK)
    return figure, list(axes)


def number_ticks(own: Any, values: Sequence[float], texts: Sequence[str], log: bool) -> None:
    """Set ticks at numbers, and write them where they do not touch one another."""
    places = np.log(values) if log and min(values) > 0 else np.asarray(values, float)
    span = max(float(places.max() - places.min()), 1e-12)
    shown, end = [], -math.inf
    for place, text in zip((places - places.min()) / span, texts, strict=True):
        half = LETTER * len(text) / 2
        free = place - half > end
        shown.append(text if free else "")
        end = place + half if free else end
    own.set_xticks(values, shown)
    own.minorticks_off()


def finish(own: Any, plot: Plot, title: str, x: str) -> None:
    """Set the scales, the title and the x label."""
    if plot.log_x and plot.kind in ("lines", "epochs", "profile"):
        own.set_xscale("log")
    if plot.log_y:
        own.set_yscale("log")
    own.set_xlabel(x_words(plot, x))
    own.label_outer()
    if title:
        own.set_title(title, fontsize=10)


def label(figure: Any, axes: Sequence[Any], plot: Plot, study: Study, legend: bool = True) -> None:
    """Set the y label and the legend."""
    if len(axes) == 1:
        axes[0].set_ylabel(wrapped_label(y_words(plot)), fontsize=9)
    else:
        figure.supylabel(y_words(plot), fontsize=9)
    handles, names = axes[0].get_legend_handles_labels()
    if legend and names:
        title = key_words(plot.by) if plot.by != ARM else None
        wide = max(map(len, names)) + LINE
        columns = len(names) if sum(len(name) + LINE for name in names) < ACROSS else max(1, ACROSS // wide)
        figure.legend(handles, names, frameon=False, fontsize=9, title=title, loc="outside lower center", ncols=columns)


def wrapped_label(words: str) -> str:
    """Return the label of the y axis in lines that fit its height."""
    return "\n".join(textwrap.wrap(words, LETTERS_UP))
