"""Figures for pages and files, in a common style and in the colors of the page that contains them."""

from __future__ import annotations

import io
import math
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from dlx.files import write_text, write_whole
from dlx.results.escape import label, plain
from dlx.results.intervals import t_interval

INK = "#010203"  # replaced by the text color of the page
COLORS = ("#3a86c8", "#e07b1f", "#2a9d6f", "#b05bb5", "#c8453a", "#8a8f98", "#b59f00", "#17a2b8")
STYLE: Any = {
    "svg.fonttype": "none",  # keep text as text
    "svg.hashsalt": "dlx",  # equal figures give equal files
    "font.size": 10,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def style() -> AbstractContextManager[Any]:
    """Return the context in which figures are created and written."""
    import matplotlib

    return matplotlib.rc_context(STYLE)


LONG_FRACTION = re.compile(r"(\d\.\d\d)\d+(?![\w.])")  # more than 1/100 of a point is not visible
ELEMENT = re.compile(r"<[^>]*>")  # what stands between elements is text, such as a tick label 0.001


def files(figure: Any, stem: Path, name: str) -> list[Path]:
    """Write a figure as SVG and PNG and return the paths; its ids start with the name, to be unique on a page."""
    svg, png = stem.with_suffix(".svg"), stem.with_suffix(".png")
    text = io.StringIO()
    literal(figure).savefig(
        text, format="svg", transparent=True, metadata={"Date": None}
    )  # equal figures give equal files
    write_whole(png, lambda path: figure.savefig(path, format="png", dpi=150, facecolor="white"), sync=False)
    write_text(svg, inline(text.getvalue(), name), sync=False)
    return [svg, png]


def save(figure: Any, path: Path) -> None:
    """Write a figure to a .svg, .png or .pdf file."""
    options: Any = {"format": path.suffix.removeprefix("."), "dpi": 150, "facecolor": "white"}
    write_whole(path, lambda partial: literal(figure).savefig(partial, **options), sync=False)


def inline(svg: str, name: str) -> str:
    """Return an SVG for use in a page: with the text color of the page, and ids that start with the name."""
    body = ELEMENT.sub(lambda element: LONG_FRACTION.sub(r"\1", element[0]), svg[svg.index("<svg") :])
    body = body.replace(INK, "currentColor").replace('id="', f'id="{name}-').replace("url(#", f"url(#{name}-")
    return body.replace('xlink:href="#', f'xlink:href="#{name}-').replace("<svg ", '<svg role="img" ', 1)


def new_figure(columns: int = 1, width: float = 6.4, height: float = 3.9, share: bool = True) -> tuple[Any, list[Any]]:
    """Return a figure with axes side by side, in the colors of the page.

    Args:
        columns: number of axes.
        width: width of a figure with one of them in inches.
        height: height in inches.
        share: whether the axes share one scale of y; otherwise each is as wide as a single one.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(h_pad=0.1)  # inches, for a tick label such as 10^0 at the upper edge
    more = 2.4 if share else width
    figure = Figure(figsize=(width + more * (columns - 1), height), layout=room)
    axes = figure.subplots(1, columns, sharey=share, squeeze=False)[0]
    for own in axes:
        own.set_facecolor("none")
        own.grid(True, alpha=0.25, linewidth=0.6, color=INK)
    return figure, list(axes)


def mean_band(values: np.ndarray) -> tuple[float, float, float]:
    """Return the mean and the 95 % interval of the values that are not nan; of one or two values, their range."""
    there = values[~np.isnan(values)]
    if not len(there):
        return math.nan, math.nan, math.nan
    low, high = t_interval(there, 0.05) if len(there) > 2 else (there.min(), there.max())
    return float(there.mean()), float(low), float(high)


def new_panels(rows: int, columns: int, width: float, height: float) -> tuple[Any, np.ndarray]:
    """Return a figure with rows x columns axes for images, which have neither ticks nor frames.

    Args:
        rows: number of rows.
        columns: number of columns.
        width: width of each in inches.
        height: height of each in inches.

    Returns:
        The figure and its axes (rows, columns).
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for own in axes.flat:
        own.set_xticks([])
        own.set_yticks([])
        for side in own.spines.values():
            side.set_visible(False)
    return figure, axes


def literal(figure: Any) -> Any:
    """Return a figure that shows its texts as they are: matplotlib would take what stands between `$` as a formula.

    The powers of ten on a logarithmic axis are formulas of its own, and stay.
    """
    from matplotlib.text import Text
    from matplotlib.ticker import FuncFormatter

    axes = [axis for own in figure.axes for axis in (own.xaxis, own.yaxis)]
    ticks = {id(text) for axis in axes for text in axis.get_ticklabels(which="both")}
    for axis in axes:
        names = axis.get_major_formatter()
        if isinstance(names, FuncFormatter):  # names that were given
            axis.set_major_formatter(FuncFormatter(lambda value, place, names=names: label(names(value, place))))
    for text in figure.findobj(Text):
        if id(text) not in ticks:
            text.set_text(plain(text.get_text(), lines=True))
            text.set_parse_math(False)
    return figure


def raster(drawing: Any) -> np.ndarray:
    """Return an image (height, width, 3) as uint8: of a matplotlib figure, or of an array with values from 0 to 1."""
    if isinstance(drawing, np.ndarray):
        return drawing if drawing.dtype == np.uint8 else (np.clip(drawing, 0, 1) * 255).round().astype(np.uint8)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with style():
        canvas = FigureCanvasAgg(literal(drawing))
        drawing.set_facecolor("white")
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
