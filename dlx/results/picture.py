"""Pictures drawn with numpy: a matplotlib figure would take longer than many a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LETTER, TOP = 7, 36  # pixels: width of a letter, room above a confusion matrix
LABELED, LONGEST = 30, 14  # classes whose names and counts are written; letters of a name
BLUE, ORANGE, GRAY = (31, 119, 180), (255, 127, 14), (200, 200, 200)


def confusion(
    predicted: np.ndarray, target: np.ndarray, classes: int, names: Sequence[str] = (), cell: int = 24
) -> np.ndarray:
    """Return the confusion matrix in shades of blue (height, width, 3), with axes, class names and counts.

    Rows are the true classes. Counts are written into the cells, and names beside them, of at most 30 classes.

    Args:
        predicted: predicted classes (examples,).
        target: true classes (examples,).
        classes: number of classes.
        names: names of the classes; (): their numbers.
        cell: smallest side of a cell in pixels.
    """
    counts = np.zeros((classes, classes))
    np.add.at(counts, (target, predicted), 1)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    white, blue = np.array([255, 255, 255]), np.array([8, 48, 107])
    image = (white + share[..., None] * (blue - white)).astype(np.uint8)
    cell = max(cell, LETTER * (len(str(int(counts.max()))) + 1)) if classes <= LABELED else cell
    image = image.repeat(cell, 0).repeat(cell, 1)
    image[::cell], image[:, ::cell] = GRAY, GRAY
    if classes > LABELED:
        return image
    return with_axes(image, counts, share, [str(name) for name in (names or range(classes))], cell)


def with_axes(image: np.ndarray, counts: np.ndarray, share: np.ndarray, names: Sequence[str], cell: int) -> np.ndarray:
    """Return a confusion matrix with counts in its cells, names of the classes and titles of the axes around it."""
    from PIL import Image, ImageDraw  # matplotlib brings it

    short = [name[:LONGEST].encode("ascii", "replace").decode() for name in names]
    left = LETTER * (max(map(len, short)) + 4)
    across = max(map(len, short)) * LETTER <= cell  # names fit above the columns; otherwise they have numbers
    whole = Image.new("RGB", (max(left + image.shape[1], LETTER * 28), TOP + image.shape[0]), "white")
    whole.paste(Image.fromarray(image), (left, TOP))
    draw = ImageDraw.Draw(whole)
    draw.text((2, 2), "rows: true, columns: predicted", "black")
    for row, name in enumerate(short):
        middle = row * cell + cell // 2
        draw.text((2, TOP + middle - 6), name if across else f"{row} {name}", "black")
        draw.text(
            (left + middle - (len(name) if across else len(str(row))) * 3, TOP - 14),
            name if across else str(row),
            "black",
        )
        for column in range(len(short)):
            if counts[row, column]:
                text = str(int(counts[row, column]))
                place = (left + column * cell + cell // 2 - len(text) * 3, TOP + middle - 6)
                draw.text(place, text, "white" if share[row, column] > 0.5 else "black")
    return np.asarray(whole).copy()


def lines(target: np.ndarray, predicted: np.ndarray, height: int = 240, step: int = 8) -> np.ndarray:
    """Return a picture (height, width, 3) of two curves (time,): the target in blue, the forecast in orange."""
    count = min(len(target), 200)
    target, predicted = target[-count:], predicted[-count:]
    low, high = min(target.min(), predicted.min()), max(target.max(), predicted.max())
    image = np.full((height, max((count - 1) * step, 1) + 1, 3), 255, np.uint8)
    x = np.arange(image.shape[1])
    for values, color in ((target, BLUE), (predicted, ORANGE)):
        dense = np.interp(x, np.arange(count) * step, values)
        row = ((high - dense) / max(high - low, 1e-12) * (height - 3)).round().astype(int) + 1
        previous = np.roll(row, 1)
        previous[0] = row[0]
        for column, (a, b) in enumerate(zip(np.minimum(row, previous), np.maximum(row, previous), strict=True)):
            image[a - 1 : b + 2, column] = color
    return image


def scatter(target: np.ndarray, predicted: np.ndarray, size: int = 240) -> np.ndarray:
    """Return a scatter plot (size, size, 3) of predictions (y) over targets (x), with the diagonal in gray."""
    low, high = min(target.min(), predicted.min()), max(target.max(), predicted.max())
    image = np.full((size, size, 3), 255, np.uint8)
    image[np.arange(size), np.arange(size)[::-1]] = GRAY
    place = lambda v: ((v - low) / max(high - low, 1e-12) * (size - 3)).round().astype(int) + 1  # noqa: E731
    rows, columns = size - 1 - place(predicted), place(target)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            image[np.clip(rows + down, 0, size - 1), np.clip(columns + right, 0, size - 1)] = BLUE
    return image


def pairs(above: np.ndarray, *below: np.ndarray, cell: int = 48) -> np.ndarray:
    """Return rows of images as one picture with about `cell` pixels per image.

    Args:
        above: images (images, channels, height, width); their range from minimum to maximum becomes black to white.
        below: further rows of images of the same shape, in the same gray levels.
        cell: approximate side of an image.
    """
    low, high = above.min(), above.max()
    rows = []
    for images in (above, *below):
        levels = np.clip((images - low) / max(high - low, 1e-12), 0, 1) * 255
        pixels = levels.astype(np.uint8).transpose(0, 2, 3, 1)
        pixels = pixels if pixels.shape[3] == 3 else pixels[..., :1].repeat(3, 3)
        factor = max(cell // max(pixels.shape[1:3]), 1)
        pixels = pixels.repeat(factor, 1).repeat(factor, 2)
        framed = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=GRAY[0])
        rows.append(np.concatenate(list(framed), 1))
    return np.concatenate(rows)


def text(lines: list[str], height: int = 16, width: int = 7) -> np.ndarray:
    """Return a picture of lines of text in black on white (height, width, 3).

    Args:
        lines: the lines.
        height: height of a line in pixels.
        width: pixels for each character of the longest line.
    """
    from PIL import Image, ImageDraw  # matplotlib brings it

    longest = max(map(len, lines), default=0)
    image = Image.new("RGB", (width * (longest + 2), height * (len(lines) + 1)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((width, height * number + height // 2), line.encode("ascii", "replace").decode(), "black")
    return np.asarray(image).copy()


def boxes(images: np.ndarray, *rows: np.ndarray, cell: int = 96) -> np.ndarray:
    """Return rows of the same images, each row with its own boxes, outlined in a color for each class.

    Args:
        images: images (images, channels, height, width).
        rows: boxes (images, boxes, 5): top, left, bottom, right in pixels and the class; negative: no box.
        cell: approximate side of an image.
    """
    factor = max(cell // max(images.shape[2:]), 1)
    low, high = images.min(), images.max()
    levels = (images - low) / max(high - low, 1e-12)
    levels = levels if images.shape[1] == 3 else levels[:, :1].repeat(3, 1)
    large = levels.repeat(factor, 2).repeat(factor, 3).transpose(0, 2, 3, 1)
    drawn = []
    for row in rows:
        canvas = large.copy()
        for image, found in zip(canvas, row, strict=True):
            for *sides, number in found[found[:, 4] >= 0]:
                top, left, bottom, right = (max(round(float(side) * factor), 0) for side in sides)
                color = 0.5 + 0.5 * np.cos(2 * np.pi * (number * 0.381966 + np.array([0, 1 / 3, 2 / 3])))
                inner = image[top + 2 : bottom - 2, left + 2 : right - 2].copy()
                image[top:bottom, left:right] = color
                image[top + 2 : bottom - 2, left + 2 : right - 2] = inner
        drawn.append(canvas.transpose(0, 3, 1, 2))
    return pairs(*drawn, cell=1)


def overlays(images: np.ndarray, *masks: np.ndarray, cell: int = 48) -> np.ndarray:
    """Return images as they are and, row by row below them, under a color for each class of their masks.

    Args:
        images: images (images, channels, height, width).
        masks: classes (images, height, width), one array for each further row; class 0 has no color.
        cell: approximate side of an image.
    """
    low, high = images.min(), images.max()
    gray = ((images - low) / max(high - low, 1e-12)).mean(1, keepdims=True).repeat(3, 1)
    rows = [(images - low) / max(high - low, 1e-12) if images.shape[1] == 3 else gray]
    for mask in masks:
        hue = (mask[:, None] - 1) * 0.381966 + np.array([0, 1 / 3, 2 / 3])[:, None, None]  # the golden angle apart
        color = 0.5 + 0.5 * np.cos(2 * np.pi * hue)
        rows.append(np.where(mask[:, None] > 0, 0.4 * gray + 0.6 * color, gray))
    return pairs(*rows, cell=cell)


def points(data: np.ndarray, samples: np.ndarray, size: int = 320) -> np.ndarray:
    """Return a picture (size, size, 3) of points of the plane (points, 2): data in orange, samples over them in blue.

    The picture shows the data with a border of a quarter of their range; samples farther out lie on its edge.
    """
    low, high = data.min(0), data.max(0)
    side, middle = max(float((high - low).max()), 1e-12) * 1.5, (low + high) / 2
    image = np.full((size, size, 3), 255, np.uint8)
    for values, color in ((data, ORANGE), (samples, BLUE)):
        place = ((values - middle) / side + 0.5) * (size - 3)
        place = np.clip(place.round().astype(int) + 1, 1, size - 2)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                image[size - 1 - place[:, 1] + down, place[:, 0] + right] = color
    return image
