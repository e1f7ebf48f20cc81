"""A picture of the distributions of the columns of a table."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

from dlx.results.figure import COLORS, new_panels, save, style

ACROSS = 4  # panels beside each other
MOST = 40  # columns that are drawn


def draw_columns(columns: Sequence[tuple[str, str, Sequence[float]]], path: Path) -> None:
    """Draw the relative frequencies of columns to a file, a panel for each with its name and its values.

    Args:
        columns: name, values in words and relative frequencies of each column.
        path: a .svg, .png or .pdf file.
    """
    columns = columns[:MOST]
    across = min(ACROSS, max(len(columns), 1))
    with style(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a font may lack letters of a name; an SVG holds them as text
        figure, axes = new_panels(math.ceil(len(columns) / across) or 1, across, 2.6, 1.7)
        for own, (name, values, shares) in zip(axes.flat, columns, strict=False):
            own.bar(range(len(shares)), shares, width=0.9, color=COLORS[0])
            own.set_title(name[:30], fontsize=9)
            own.set_xlabel(values[:40], fontsize=7)
        save(figure, path)
