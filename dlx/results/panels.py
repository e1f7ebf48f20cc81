"""Rows of small images with titles, and maps of numbers, as matplotlib figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dlx.results.figure import INK, new_panels, style

SIDE = 1.15  # inches of a small image
GOOD, BAD = "#2a9d6f", "#c8453a"


class Panel(NamedTuple):
    """A small image.

    Attributes:
        image: gray values or map of numbers (height, width), or RGB values from 0 to 1 (height, width, 3).
        title: words above it; the color tells right from wrong where `right` is known.
        heat: nonnegative map (height, width) that is laid over the image in red; None: none.
        signed: draw negative numbers in blue and positive ones in red, around white.
        right: whether it shows something right or something wrong; None: neither.
        outline: boolean map (height, width), whose border is drawn in green; None: none.
    """

    image: np.ndarray
    title: str = ""
    heat: np.ndarray | None = None
    signed: bool = False
    right: bool | None = None
    outline: np.ndarray | None = None


def panels(rows: Sequence[Sequence[Panel]], names: Sequence[str] = (), side: float = SIDE) -> Any:
    """Return a figure with rows of panels, and a name on the left of each row."""
    with style():
        figure, axes = new_panels(len(rows), max(map(len, rows)), side, side + 0.25)
        for row, line in enumerate(rows):
            for column, panel in enumerate(line):
                draw(axes[row, column], panel)
            if names:
                axes[row, 0].set_ylabel(names[row], fontsize=9)
    return figure


def draw(own: Any, panel: Panel) -> None:
    """Draw a panel on axes."""
    if panel.signed:
        most = float(np.abs(panel.image).max()) or 1.0
        own.imshow(panel.image, cmap="RdBu_r", vmin=-most, vmax=most)
    else:
        own.imshow(panel.image, cmap="gray")
    if panel.heat is not None:
        strength = np.clip(panel.heat / max(float(panel.heat.max()), 1e-12), 0, 1)
        red = np.zeros((*strength.shape, 4))
        red[..., 0], red[..., 1], red[..., 3] = 1, 0.25 * strength, 0.75 * strength
        own.imshow(red)
    if panel.outline is not None:
        own.contour(panel.outline.astype(float), [0.5], colors=["#27d07f"], linewidths=1)
    color = INK if panel.right is None else GOOD if panel.right else BAD
    own.set_title(panel.title, fontsize=8, color=color)


def examples(right: np.ndarray, count: int) -> np.ndarray:
    """Return the numbers of some examples, wrong ones first: at most half of `count`, more only if too few are right.

    Args:
        right: whether each example is right (examples,).
        count: number of examples to choose.
    """
    wrong, good = np.flatnonzero(~right), np.flatnonzero(right)
    kept = max(count // 2, count - len(good))
    return np.concatenate([wrong[:kept], good[: count - len(wrong[:kept])]])
