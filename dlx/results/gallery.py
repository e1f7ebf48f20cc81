"""Pictures with captions: as files, on an HTML page, and as events for TensorBoard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple

import numpy as np

from dlx.contracts import Picture
from dlx.files import refuse_links, write_text, write_whole
from dlx.results.escape import html
from dlx.results.figure import files, raster, style
from dlx.results.page import page

EVENTS = "events.out.tfevents.*"
PROJECTED = "00000"  # the folder of the projector's points, named by TensorBoard
MOST_LETTERS = 100  # of the name of a file
INCH = 110  # pixels of a page for an inch of a figure, so that its text is as large as that of the page


class Chapter(NamedTuple):
    """A heading of a page and the pictures below it.

    Attributes:
        title: the heading.
        pictures: pictures by name.
    """

    title: str
    pictures: Mapping[str, Picture]


def write_gallery(
    folder: Path, title: str, facts: Mapping[str, str], chapters: Sequence[Chapter], left_out: Mapping[str, str]
) -> Path:
    """Write the pictures as PNG, the page index.html and TensorBoard events to a folder; return the path of the page.

    Files of an earlier call are removed first. A matplotlib figure is drawn in the colors of the page.

    Raises:
        ConfigError: There is a link in the folder.

    Args:
        folder: the folder, which is created.
        title: title of the page.
        facts: what the page says first, by name.
        chapters: the pictures.
        left_out: reasons why others are left out, by name.
    """
    refuse_links(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for former in (path for kind in ("*.png", EVENTS, "projector_config.pbtxt") for path in folder.glob(kind)):
        former.unlink()
    rmtree(folder / PROJECTED, ignore_errors=True)
    body = [f"<h1>{html(title)}</h1>\n<dl>{''.join(fact(*pair) for pair in facts.items())}</dl>"]
    for chapter in chapters:
        body.append(f"<h2>{html(chapter.title)}</h2>")
        body += [section(folder, name, picture) for name, picture in chapter.pictures.items()]
    if left_out:
        items = "".join(f"<li><code>{html(name)}</code> {html(reason)}</li>" for name, reason in left_out.items())
        body.append(f"<h2>Pictures that do not apply</h2>\n<ul class=small>{items}</ul>")
    path = folder / "index.html"
    text = page(title, "\n".join(body))
    write_text(path, text, sync=False)
    write_events(folder, {name: picture for chapter in chapters for name, picture in chapter.pictures.items()})
    return path


def fact(name: str, text: str) -> str:
    """Return an entry of the list at the head of a page."""
    return f"<dt>{html(name)}</dt><dd>{html(text)}</dd>"


def section(folder: Path, name: str, picture: Picture) -> str:
    """Write a picture as PNG, and return its section of the page."""
    stem = stem_of(name)
    if isinstance(picture.drawing, np.ndarray):
        write_png(folder / f"{stem}.png", raster(picture.drawing))
        drawing = f'<img src="{html(stem)}.png" alt="{html(picture.title)}" width="{shown_width(picture.drawing)}">'
    else:
        with style():
            svg = next(path for path in files(picture.drawing, folder / stem, stem) if path.suffix == ".svg")
        width = round(picture.drawing.get_figwidth() * INCH)
        drawing = f'<div style="max-width: {width}px">{svg.read_text(encoding="utf-8")}</div>'
        svg.unlink()
    return (
        f'<section id="{html(stem)}">\n<h3>{html(picture.title)}</h3>\n<figure>{drawing}'
        f"<figcaption>{html(picture.caption)}</figcaption></figure>\n</section>"
    )


def stem_of(name: str) -> str:
    """Return the name of a picture as that of a file: `test/confusion` -> `test_confusion`."""
    return re.sub(r"[^\w.=+-]", "_", name)[:MOST_LETTERS].lstrip(".") or "_"


def write_png(path: Path, image: np.ndarray) -> None:
    """Write an image (height, width, 3) as PNG."""
    from matplotlib.image import imsave

    write_whole(path, lambda partial: imsave(partial, image, format="png"), sync=False)


def shown_width(image: np.ndarray) -> int:
    """Return the width in pixels at which a page shows an image: small ones are enlarged by a whole factor."""
    width = image.shape[1]
    return width * max(1, min(4, 480 // max(width, 1)))


def write_events(folder: Path, pictures: Mapping[str, Picture]) -> None:
    """Write pictures as images for TensorBoard, and their points for its projector."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for name, picture in pictures.items():
            writer.add_image(f"explain/{name}", raster(picture.drawing), 0, dataformats="HWC")
            if picture.vectors is not None:
                labels: Any = list(picture.labels) or None
                writer.add_embedding(picture.vectors, metadata=labels, tag=name)
