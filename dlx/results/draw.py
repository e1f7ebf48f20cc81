"""The pictures of a comparison, by the name of their kind, written to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlx.errors import ConfigError
from dlx.results.compare import Comparison
from dlx.results.curves import draw_curves
from dlx.results.figure import files, save, style
from dlx.results.maps import draw_heatmap, draw_parallel
from dlx.results.plot import draw_all_points, draw_lines_or_points, draw_metrics

ENDINGS = (".svg", ".png", ".pdf")
AUTO = ""  # lines over a numeric key, or else points
KINDS: dict[str, Callable[[Comparison], Any]] = {
    "curves": draw_curves,
    "points": draw_all_points,
    "metrics": draw_metrics,
    "heatmap": draw_heatmap,
    "parallel": draw_parallel,
}


def check_file(path: Path, flag: str) -> Path:
    """Return a path whose suffix is that of a picture.

    Raises:
        ConfigError: It is another one.
    """
    if path.suffix not in ENDINGS:
        kinds = f"one of {', '.join(KINDS)}, or " if flag == "--plot" else ""
        raise ConfigError(f"{flag}: expected {kinds}a file ending in {', '.join(ENDINGS)}; got {path.name!r}")
    return path


def draw(comparison: Comparison, path: Path, kind: str = AUTO) -> None:
    """Draw a comparison to a .svg, .png or .pdf file.

    Raises:
        ConfigError: The runs have nothing that a picture of this kind shows.
    """
    with style():
        save(KINDS.get(kind, draw_lines_or_points)(comparison), path)


def draw_sweep(comparison: Comparison, folder: Path) -> list[Path]:
    """Draw the learning curves of a sweep to its folder as curves.svg and curves.png, and return their paths.

    Of jobs without epochs, the metrics over the swept key are drawn, as metrics.svg and metrics.png.

    Raises:
        ConfigError: The runs have neither.
    """
    with style():
        try:
            return files(draw_curves(comparison), folder / "curves", "curves")
        except ConfigError:
            return files(draw_metrics(comparison), folder / "metrics", "metrics")
