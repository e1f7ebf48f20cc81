"""The plot of the learned kernels of a convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import ConfigError, nearest
from dlx.results.figure import new_figure
from dlx.results.runs import Run
from dlx.study.book.captions import y_words

if TYPE_CHECKING:
    from dlx.study.judge.grid import Grid
    from dlx.study.read.plot import Plot
    from dlx.study.read.study import Study

MOST = 8  # the most kernels that are shown of one network; more would be too small on a phone


def filters(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw the kernels of the first seed, a row for each level of `by`; negative weights are dark."""
    found = first_runs(plot, study, grid)
    figure, (own,) = new_figure(width=4.8, height=1.1 + 0.62 * len(found))
    rows = [strip(kernels(run, plot.y)) for run in found.values()]
    own.imshow(np.concatenate(rows), cmap="gray", vmin=-1, vmax=1, interpolation="nearest", aspect="equal")
    side = rows[0].shape[0]
    own.set_yticks([side * (i + 0.5) - 0.5 for i in range(len(rows))], list(found))
    own.set_xticks([])
    own.set_xlabel(y_words(plot))
    own.grid(False)
    for spine in own.spines.values():
        spine.set_visible(False)
    return figure


def first_runs(plot: Plot, study: Study, grid: Grid) -> dict[str, Run]:
    """Return the run of the first seed for each level of `by`, or under the study's name without one."""
    place = list(grid.axes).index(plot.by) if plot.by else 0
    found: dict[str, Run] = {}
    for key, run in grid.runs.items():
        if all(key[list(grid.axes).index(axis)] in texts for axis, texts in plot.at.items()):
            found.setdefault(key[place] if plot.by else study.name, run)
    return found


def kernels(run: Run, name: str) -> np.ndarray:
    """Return the kernels (units, height, width) of the last weights of a run, averaged over their input channels.

    Raises:
        ConfigError: The run has no such kernels.
    """
    from dlx.results.checkpoint import load_checkpoint

    file = run.folder / "checkpoints" / "last.ckpt"
    checkpoint = load_checkpoint(file)
    if checkpoint is None:
        raise ConfigError(f"study.plot: {file} is not there, but its kernels are to be drawn")
    weights = {key.removeprefix("network."): value for key, value in checkpoint["state_dict"].items()}
    if name not in weights or weights[name].dim() != 4:
        four = [key for key, value in weights.items() if value.dim() == 4]
        raise ConfigError(f"study.plot.y: no 2-D kernels are called {name!r}{nearest(name, four)}")
    return weights[name].float().mean(1).numpy()


def strip(kernels: np.ndarray) -> np.ndarray:
    """Return the first kernels (units, height, width) side by side (height + 1, total width), scaled to -1 to 1."""
    shown = kernels[:MOST] / np.maximum(np.abs(kernels[:MOST]).max((1, 2), keepdims=True), 1e-12)
    empty = np.full((MOST - len(shown), *shown.shape[1:]), np.nan)
    framed = np.pad(np.concatenate([shown, empty]), ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    return np.concatenate(list(framed), axis=1)
