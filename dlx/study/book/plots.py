"""The plots of a study: lines, points of every seed, heat maps, profiles, learning curves, kernels and pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.results.figure import COLORS, INK, files, mean_band, new_figure, style
from dlx.results.plot import band, is_log
from dlx.results.plot import points as plot_points
from dlx.study.book.answer import finding, unit
from dlx.study.book.captions import title_of, x_words, y_words
from dlx.study.book.cells import (
    HEIGHT,
    WIDTH,
    by_seed,
    exists,
    facets,
    finish,
    label,
    levels_of,
    number_ticks,
    panels,
    rows_of,
)
from dlx.study.book.confusion import confusion
from dlx.study.book.curves import epochs, profile
from dlx.study.book.kernels import filters
from dlx.study.book.labels import key_words, plain
from dlx.study.book.pictures import pictures
from dlx.study.judge.grid import Grid
from dlx.study.read.expression import parse
from dlx.study.read.plot import Plot
from dlx.study.read.study import OWN, Study
from dlx.sweep.cells import ARM, SEED

if TYPE_CHECKING:
    from dlx.study.result import StudyResult

MOST_LABELED = 64
MOST_TICKS = 8
ROOM = 34  # letters of tick labels that fit side by side


def draw(result: StudyResult) -> list[Path]:
    """Draw the plots of a study as SVG and PNG to its folder, and return their paths."""
    study = result.study
    written = []
    for number, plot in enumerate(study.plots or default_plots(study), start=1):
        with style():
            plot = answered(plot, result) if study.chapter == OWN and result.verdicts else plot
            figure = KINDS[plot.kind](plot, study, result.grid)
            title = title_of(plot, study, (*result.verdicts, *result.facts))
            figure.suptitle(title, fontsize=10, x=0.01, ha="left", fontweight="bold")
            written += files(
                figure, result.folder / (f"plot{number}" if number > 1 else "plot"), f"{study.name}{number}"
            )
    return written


def answered(plot: Plot, result: StudyResult) -> Plot:
    """Return a plot of a study of one's own with the answer to its claims as title, and the unit on the y axis."""
    shown = next((one for one in result.verdicts if one.claim.parts[0].left.metric.text == plot.y), None)
    own = unit(shown, result.runs) if shown is not None else ""
    words = y_words(plot)
    words += f" ({own})" if own not in ("", "%") and "(" not in words else ""
    return replace(plot, title=plot.title or finding(result.verdicts, result.runs, plot.y), y_label=words)


def default_plots(study: Study) -> list[Plot]:
    """Return the default plots of a study, by its first claim that is not a control, or by its first fact."""
    claim = next((claim for claim in study.entries if not claim.control), study.entries[0])
    metric = claim.parts[0].left.metric
    y = metric.names[0] if claim.share and metric.names else metric.text
    free = [axis for axis in study.axes if axis not in (ARM, SEED, study.replicate) and len(study.axes[axis]) > 1]
    numeric = [axis for axis in free if all(isinstance(level.value, int | float) for level in study.axes[axis])]
    by = ARM if ARM in study.axes else ""
    if len(free) == 2 and not by:
        return [Plot("heatmap", free[0], y, free[1], {}, False, False)]
    longest = max(numeric, key=lambda axis: len(study.axes[axis]), default="")
    if longest:
        values = [level.value for level in study.axes[longest]]
        other = by or next((axis for axis in free if axis != longest), "")
        return [Plot("lines", longest, y, other, {}, is_log(values), False)]
    return [Plot("points", "", y, by or (free[0] if free else ""), {}, False, False)]


def lines(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw a line with a band over the seeds for each level of `by`, or for each term, along `x`."""
    parts = list(facets(study, plot))
    figure, axes = panels(len(parts))
    levels = levels_of(study, plot.x, plot)
    numeric = all(isinstance(level.value, int | float) for level in levels)
    x = np.array([level.value if numeric else i for i, level in enumerate(levels)], float)
    for own, (title, where) in zip(axes, parts, strict=True):
        for color, (name, shown, at) in zip(COLORS * 9, lines_of(plot, study), strict=False):
            rows = []
            for step in levels:
                cells = {**where, plot.x: (step.text,), **at}
                rows.append(by_seed(shown, study, grid, cells) if exists(grid, cells) else np.array([np.nan]))
            middle = np.array([mean_band(row) for row in rows])
            band(own, x, middle, color, name, "o")
            for place, row in zip(x, rows, strict=True):
                own.plot(np.full(len(row), place), row, ".", color=color, markersize=3, alpha=0.45)
        theory(own, plot, x)
        finish(own, plot, title, plot.x)
        if len(levels) <= MOST_TICKS or not numeric:
            number_ticks(own, x.tolist(), [level.text for level in levels], plot.log_x)
    label(figure, axes, plot, study)
    return figure


def lines_of(plot: Plot, study: Study) -> list[tuple[str | None, Plot, dict[str, tuple[str, ...]]]]:
    """Return the lines of a plot: the name of each, what it shows, and the cells to which it is restricted."""
    if plot.terms:
        return [(name, replace(plot, y=words), {}) for name, words in plot.terms.items()]
    return [
        (level.text if level else None, plot, {plot.by: (level.text,)} if level else {})
        for level in rows_of(study, plot)
    ]


def theory(own: Any, plot: Plot, x: np.ndarray) -> None:
    """Draw the expressions of x that theory gives, as broken lines."""
    for name, words in plot.theory.items():
        expression = parse(words, f"study.plot.theory.{name}")
        y = [expression(partial(at_x, float(value))) for value in x]
        own.plot(x, y, "--", color=INK, linewidth=1.2, label=name, zorder=1)


def at_x(x: float, name: str) -> float:
    """Return the value of the only name in an expression of x."""
    return x


def points(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw every seed as a point for each level of `by`, with the mean and its interval."""
    parts = list(facets(study, plot))
    figure, axes = panels(len(parts))
    levels = levels_of(study, plot.by, plot)
    for own, (title, where) in zip(axes, parts, strict=True):
        for place, level in enumerate(rows_of(study, plot)):
            at = {**where, **({plot.by: (level.text,)} if level else {})}
            if not exists(grid, at):
                continue
            values = by_seed(plot, study, grid, at)
            plot_points(own, place, values, mean_band(values), COLORS[place % len(COLORS)])
        texts = [plain(level.text) for level in levels]
        turned = {"rotation": 30, "ha": "right"} if len("".join(texts)) > ROOM else {}
        own.set_xticks(range(len(levels)), texts, **turned)
        own.set_xlim(-0.5, max(0.5, len(levels) - 0.5))
        finish(own, plot, title, plot.by)
    label(figure, axes, plot, study, legend=False)
    return figure


def heatmap(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw the mean over seeds over two axes."""
    figure, (own,) = new_figure(width=WIDTH, height=HEIGHT)
    columns, rows = levels_of(study, plot.x, plot), levels_of(study, plot.by, plot)
    array = np.full((max(1, len(rows)), len(columns)), np.nan)
    for (i, row), (j, column) in ((r, c) for r in enumerate(rows_of(study, plot)) for c in enumerate(columns)):
        at = {**plot.at, plot.x: (column.text,), **({plot.by: (row.text,)} if row else {})}
        if exists(grid, at):
            array[i, j] = mean_band(by_seed(plot, study, grid, at))[0]
    shown = np.log10(array) if plot.log_y else array
    image = own.imshow(shown, cmap="viridis", aspect="auto", origin="lower")
    bar = figure.colorbar(image, ax=own, label=f"{y_words(plot)}{' (log10)' if plot.log_y else ''}")
    bar.outline.set_visible(False)
    if array.size <= MOST_LABELED:
        middle = (np.nanmin(shown) + np.nanmax(shown)) / 2
        for (i, j), value in np.ndenumerate(shown):
            if not math.isnan(value):
                color = "white" if value < middle else "black"
                own.text(j, i, f"{array[i, j]:.2g}", ha="center", va="center", color=color, fontsize=8)
    own.set_xticks(range(len(columns)), [level.text for level in columns])
    own.set_yticks(range(len(rows)), [level.text for level in rows])
    own.set_xlabel(x_words(plot, plot.x))
    own.set_ylabel(key_words(plot.by))
    own.grid(False)
    return figure


KINDS: dict[str, Callable[[Plot, Study, Grid], Any]] = {
    "lines": lines,
    "points": points,
    "heatmap": heatmap,
    "profile": profile,
    "epochs": epochs,
    "filters": filters,
    "pictures": pictures,
    "confusion": confusion,
}
