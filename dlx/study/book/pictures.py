"""The plot of pictures that runs have recorded, such as samples of a generative model."""

from __future__ import annotations

import io
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlx.errors import ConfigError, nearest
from dlx.results.figure import new_figure
from dlx.results.runs import Run
from dlx.study.book.kernels import first_runs

if TYPE_CHECKING:
    from dlx.study.judge.grid import Grid
    from dlx.study.read.plot import Plot
    from dlx.study.read.study import Study

SIDE = 1.1  # height of a picture in inches, at least


def pictures(plot: Plot, study: Study, grid: Grid) -> Any:
    """Draw the picture `y` of the first seed, one below the other for each level of `by`."""
    found = {level: recorded(run, plot.y) for level, run in first_runs(plot, study, grid).items()}
    figure, axes = new_figure(width=5.2, height=sum(max(SIDE, 5 * len(x) / x.shape[1] + 0.3) for x in found.values()))
    axes[0].remove()
    for place, (level, image) in enumerate(found.items(), start=1):
        own = figure.add_subplot(len(found), 1, place)
        own.imshow(image, interpolation="nearest", aspect="equal")
        own.set_title(level)
        own.set_axis_off()
    return figure


def recorded(run: Run, pattern: str) -> np.ndarray:
    """Return the last picture (height, width, 3) that a run has recorded under a name, from 0 to 1.

    Args:
        run: the run.
        pattern: name of the picture as TensorBoard shows it, or a pattern such as `*/samples`, of which the first
            name in alphabetical order is taken.

    Raises:
        ConfigError: The run has no such picture.
    """
    kept = images(run.folder)
    name = next((name for name in sorted(kept) if fnmatchcase(name, pattern)), None)
    if name is None:
        raise ConfigError(f"study.plot.y: {run.folder} has no picture called {pattern!r}{nearest(pattern, kept)}")
    from matplotlib.image import imread

    return np.asarray(imread(io.BytesIO(kept[name]), format="png"))[..., :3]


def images(folder: Path) -> dict[str, bytes]:
    """Return the last image of each name in the TensorBoard records of a folder, as the bytes of a PNG file."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    records = EventAccumulator(str(folder), size_guidance={"images": 1})
    records.Reload()
    return {name: records.Images(name)[-1].encoded_image_string for name in records.Tags()["images"]}
