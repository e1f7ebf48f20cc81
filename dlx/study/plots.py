"""The picture that a teacher would draw for a study: lines with bands, points of every seed, heat maps, profiles."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.expression import parse
from dlx.figure import COLOURS, files, mean_band, new_figure, style
from dlx.results import Run
from dlx.study.claim import Where
from dlx.study.filters import filters
from dlx.study.form import Plot, Study
from dlx.study.grid import Grid
from dlx.sweep.cells import ARM, SEED, Level

if TYPE_CHECKING:
    from dlx.study.result import StudyResult

MOST_LABELLED = 64
MOST_TICKS = 8


def draw(result: StudyResult) -> list[Path]:
    """Draw the plots of a study as SVG and PNG into its folder."""
    study = result.study
    written = []
    for number, plot in enumerate(study.plots or default_plots(study), start=1):
        with style():
            figure = KINDS[plot.kind](plot, study, result.grid)
            written += files(
                figure, result.folder / (f"plot{number}" if number > 1 else "plot"), f"{study.name}{number}"
            )
    return written


def default_plots(study: Study) -> list[Plot]:
    """Choose plots by the form of the first claim that is no control."""
    claim = next((claim for claim in study.claims if not claim.control), study.claims[0])
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
        log = min(values) > 0 and max(values) / min(values) >= 30
        return [Plot("lines", longest, y, by or next((a for a in free if a != longest), ""), {}, log, False)]
    return [Plot("points", "", y, by or (free[0] if free else ""), {}, False, False)]


def levels_of(study: Study, axis: str, plot: Plot) -> list[Level]:
    """Return the levels of an axis that a plot shows; none where there is no axis."""
    return [level for level in study.axes[axis] if level.text in plot.at.get(axis, (level.text,))] if axis else []


def rows_of(study: Study, plot: Plot) -> list[Level | None]:
    """Return the levels of `by`; a None alone where lines are not told apart."""
    return [*levels_of(study, plot.by, plot)] or [None]


def facets(study: Study, plot: Plot) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """Yield title and cells of each part of a plot: one for each level of the first axis that it leaves open."""
    taken = (plot.x, plot.by, SEED, study.replicate)
    left = [axis for axis in study.axes if axis not in taken and len(levels_of(study, axis, plot)) > 1]
    if not left:
        yield "", dict(plot.at)
        return
    for level in levels_of(study, left[0], plot)[:4]:
        yield f"{left[0]} = {level.text}", {**plot.at, left[0]: (level.text,)}


def by_seed(plot: Plot, study: Study, grid: Grid, where: Where) -> np.ndarray:
    """Return the plotted expression for each statistical unit in some cells; axes left open are averaged."""
    values = grid.values(parse(study.metrics.get(plot.y, plot.y), "study.plot.y"), where, None, "study.plot.y")
    unit = values.axes.index(study.replicate)
    moved = np.moveaxis(values.array, unit, 0).reshape(values.array.shape[unit], -1)
    moved = np.where(np.isfinite(moved), moved, np.nan)
    there = ~np.isnan(moved)
    return np.where(there.any(1), np.where(there, moved, 0).sum(1) / np.maximum(there.sum(1), 1), np.nan)


def lines(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw a line with a band over the seeds for each level of `by`, along `x`."""
    parts = list(facets(study, plot))
    figure, axes = new_figure(len(parts))
    levels = levels_of(study, plot.x, plot)
    numeric = all(isinstance(level.value, int | float) for level in levels)
    x = np.array([level.value if numeric else i for i, level in enumerate(levels)], float)
    for own, (title, where) in zip(axes, parts, strict=True):
        for colour, level in zip(COLOURS * 9, rows_of(study, plot), strict=False):
            rows = []
            for step in levels:
                at = {**where, plot.x: (step.text,), **({plot.by: (level.text,)} if level else {})}
                rows.append(by_seed(plot, study, grid, at) if exists(grid, at) else np.array([np.nan]))
            middle = np.array([mean_band(row) for row in rows])
            own.plot(x, middle[:, 0], color=colour, marker="o", markersize=4, label=level.text if level else None)
            own.fill_between(x, middle[:, 1], middle[:, 2], color=colour, alpha=0.18, linewidth=0)
            for place, row in zip(x, rows, strict=True):
                own.plot(np.full(len(row), place), row, ".", color=colour, markersize=3, alpha=0.45)
        finish(own, plot, title, plot.x)
        if len(levels) <= MOST_TICKS or not numeric:
            own.set_xticks(x, [level.text for level in levels])
            own.minorticks_off()
    label(figure, axes, plot, study)
    return figure


def exists(grid: Grid, where: Where) -> bool:
    """Tell whether there is a run in some cells."""
    places = [(list(grid.axes).index(axis), texts) for axis, texts in where.items()]
    return any(all(key[place] in texts for place, texts in places) for key in grid.runs)


def points(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw every seed as a point for each level of `by`, with mean and interval beside."""
    parts = list(facets(study, plot))
    figure, axes = new_figure(len(parts), width=5.2)
    levels = levels_of(study, plot.by, plot)
    for own, (title, where) in zip(axes, parts, strict=True):
        for place, level in enumerate(rows_of(study, plot)):
            at = {**where, **({plot.by: (level.text,)} if level else {})}
            if not exists(grid, at):
                continue
            values = by_seed(plot, study, grid, at)
            colour = COLOURS[place % len(COLOURS)]
            jitter = (np.arange(len(values)) % 5 - 2) * 0.035
            own.plot(place + jitter - 0.1, values, "o", color=colour, markersize=4, alpha=0.6)
            middle, low, high = mean_band(values)
            own.errorbar(
                [place + 0.17],
                [middle],
                [[middle - low], [high - middle]],
                fmt="D",
                color=colour,
                markersize=5,
                capsize=3,
            )
        own.set_xticks(range(len(levels)), [level.text for level in levels], rotation=20 if len(levels) > 4 else 0)
        own.set_xlim(-0.5, max(0.5, len(levels) - 0.5))
        finish(own, plot, title, plot.by)
    label(figure, axes, plot, study, legend=False)
    return figure


def heatmap(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw the mean over seeds over two axes."""
    figure, (own,) = new_figure()
    columns, rows = levels_of(study, plot.x, plot), levels_of(study, plot.by, plot)
    array = np.full((max(1, len(rows)), len(columns)), np.nan)
    for (i, row), (j, column) in ((r, c) for r in enumerate(rows_of(study, plot)) for c in enumerate(columns)):
        at = {**plot.at, plot.x: (column.text,), **({plot.by: (row.text,)} if row else {})}
        if exists(grid, at):
            array[i, j] = mean_band(by_seed(plot, study, grid, at))[0]
    shown = np.log10(array) if plot.log_y else array
    image = own.imshow(shown, cmap="viridis", aspect="auto", origin="lower")
    bar = figure.colorbar(image, ax=own, label=f"log10 {plot.y}" if plot.log_y else plot.y)
    bar.outline.set_visible(False)
    if array.size <= MOST_LABELLED:
        middle = (np.nanmin(shown) + np.nanmax(shown)) / 2
        for (i, j), value in np.ndenumerate(shown):
            if not math.isnan(value):
                colour = "white" if value < middle else "black"
                own.text(j, i, f"{array[i, j]:.2g}", ha="center", va="center", color=colour, fontsize=8)
    own.set_xticks(range(len(columns)), [level.text for level in columns])
    own.set_yticks(range(len(rows)), [level.text for level in rows])
    own.set_xlabel(plot.x)
    own.set_ylabel(plot.by)
    own.grid(False)
    return figure


def profile(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw a quantity layer by layer (`gradient/norm/*`), or along what else the star stands for, by `by`."""
    segment = next(part for part in plot.y.split("/") if "*" in part)
    names = starred(next(iter(grid.runs.values())), plot.y)
    return curves(
        plot,
        study,
        grid,
        "layer" if segment == "*" and plot.y.endswith("*") else segment,
        lambda run: list(starred(run, plot.y).values()),
        list(names) if len(names) <= MOST_TICKS else (),
    )


def epochs(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw a column of metrics.csv over the epochs, a line for each level of `by`."""
    return curves(plot, study, grid, "epoch", lambda run: column_of(run, plot.y))


def curves(
    plot: Plot, study: Study, grid: Grid, x: str, read: Callable[[Run], Sequence[float]], ticks: Sequence[str] = ()
) -> Any:
    """Draw mean and band over the runs' own curves, over 1, 2, ... or over names."""
    parts = list(facets(study, plot))
    figure, axes = new_figure(len(parts))
    names = list(grid.axes)
    for own, (title, where) in zip(axes, parts, strict=True):
        for colour, level in zip(COLOURS * 9, rows_of(study, plot), strict=False):
            at = {**where, **({plot.by: (level.text,)} if level else {})}
            found = [
                read(run)
                for key, run in grid.runs.items()
                if all(key[names.index(axis)] in texts for axis, texts in at.items())
            ]
            longest = max(map(len, found), default=0)
            if not longest:
                continue
            array = np.full((len(found), longest), np.nan)
            for row, values in zip(array, found, strict=True):
                row[: len(values)] = values
            middle = np.array([mean_band(column) for column in array.T])
            steps = np.arange(1, longest + 1)
            own.plot(steps, middle[:, 0], color=colour, label=level.text if level else None)
            own.fill_between(steps, middle[:, 1], middle[:, 2], color=colour, alpha=0.18, linewidth=0)
        finish(own, plot, title, x)
        if ticks:
            own.set_xticks(range(1, len(ticks) + 1), ticks)
    label(figure, axes, plot, study)
    return figure


def starred(run: Run, pattern: str) -> dict[str, float]:
    """Return the metrics that a pattern names, by what its star stands for, in the order that they were measured in."""
    start, _, end = pattern.partition("*")
    found = {name: value for name, value in run.metrics.items() if name.startswith(start) and name.endswith(end)}
    return {name[len(start) : len(name) - len(end)]: value for name, value in found.items()}


def column_of(run: Run, name: str) -> list[float]:
    """Return a column of a run's metrics.csv; a run that diverged in its first epoch has none."""
    table = run.folder / "metrics.csv"
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row.get(name) for row in csv.DictReader(file)]
    return [float(value) if value else math.nan for value in rows]


def finish(own: Any, plot: Plot, title: str, x: str) -> None:
    """Set scales, title and the x label."""
    if plot.log_x and plot.kind in ("lines", "epochs", "profile"):
        own.set_xscale("log")
    if plot.log_y:
        own.set_yscale("log")
    own.set_xlabel(x)
    if title:
        own.set_title(title, fontsize=10)


def label(figure: Any, axes: Sequence[Any], plot: Plot, study: Study, legend: bool = True) -> None:
    """Set the y label and the legend."""
    axes[0].set_ylabel(plot.y)
    handles, names = axes[0].get_legend_handles_labels()
    if legend and names:
        axes[-1].legend(handles, names, frameon=False, fontsize=9, title=plot.by if plot.by != ARM else None)


KINDS: dict[str, Callable[[Plot, Study, Grid], Any]] = {
    "lines": lines,
    "points": points,
    "heatmap": heatmap,
    "profile": profile,
    "epochs": epochs,
    "filters": filters,
}
