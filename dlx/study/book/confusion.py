"""The plot of confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import ConfigError
from dlx.results.confusion import draw_confusion, read_confusion
from dlx.results.figure import mean_band, new_figure
from dlx.results.runs import Run
from dlx.study.book.cells import WIDTH, by_seed, rows_of
from dlx.study.book.labels import metric_words, plain
from dlx.study.book.numbers import number

if TYPE_CHECKING:
    from dlx.study.judge.grid import Grid
    from dlx.study.read.plot import Plot
    from dlx.study.read.study import Study

FRAME, CELL = 1.3, 0.42  # inches: names and title of a matrix, and a class


def confusion(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw the confusion matrix for each level of `by`, one below the other: the counts of all seeds together.

    Raises:
        ConfigError: A run is no classifier, or has recorded no predictions.
    """
    places = list(grid.axes)
    found = []
    for level in rows_of(study, plot):
        at = {**plot.at, **({plot.by: (level.text,)} if level else {})}
        runs = [run for key, run in grid.runs.items() if all(key[places.index(a)] in at[a] for a in at)]
        names, counts = summed(runs)
        mean = mean_band(by_seed(plot, study, grid, at))[0]
        title = f"{plain(level.text)}: " if level else ""
        found.append((f"{title}{metric_words(plot.y).partition(' (')[0]} {number(float(mean))}", names, counts))
    heights = [FRAME + CELL * len(names) for _, names, _ in found]
    figure, (first,) = new_figure(width=WIDTH, height=0.6 + sum(heights))
    first.remove()
    axes = figure.subplots(len(found), 1, squeeze=False, height_ratios=heights)[:, 0]
    for own, (title, names, counts) in zip(axes, found, strict=True):
        own.set_title(title, fontsize=10)
        draw_confusion(own, counts, names)
    return figure


def summed(runs: list[Run]) -> tuple[list[str], np.ndarray]:
    """Return the names of the classes and the confusion matrix of several runs together.

    Raises:
        ConfigError: One is no classifier, has recorded no predictions, or has other classes than the first.
    """
    matrices = [(run.folder, read_confusion(run.folder)) for run in runs]
    names: list[str] = []
    total: Any = 0
    for folder, matrix in matrices:
        if matrix is None or names not in ([], matrix[0]):
            raise ConfigError(f"study.plot: {folder} has no confusion matrix of the same classes to draw")
        names, total = matrix[0], total + matrix[1]
    if not names:
        raise ConfigError("study.plot.at: no run is left whose confusion matrix could be drawn")
    return names, total
