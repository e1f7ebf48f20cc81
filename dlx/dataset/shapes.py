"""Drawn shapes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.images import corner
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, NonNegative, Positive

CLASSES = ("square", "circle", "triangle", "cross")


class Shapes(Dataset):
    """White squares, circles, triangles or crosses on black, all of one kind in an image; the class is the kind.

    The masks (height, width), the boxes (top, left, bottom, right; the last two excluded) and the `size` of the objects
    are stored with the classes: `metrics.by=size` reports the metrics for each size. Later objects cover earlier ones.

    Args:
        examples: number of images, equally many of each kind.
        canvas: side of the images in pixels.
        objects: number of objects in each image.
        object_size: side of an object in pixels, or a list from which one is drawn for each image; below 5 some kinds
            look alike.
        position: `center` of the canvas, anywhere at `random`, or touching its `border`.
        pixel_noise: standard deviation of the Gaussian noise on every pixel; black is 0 and white 1.

    Example:
        dlx train dataset=shapes model=cnn 'dataset.object_size=[3,5,7,9]' metrics.by=size
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, AtLeastTwo],
        canvas: Annotated[int, AtLeastTwo],
        objects: Annotated[int, Positive],
        object_size: Annotated[int, AtLeastTwo] | Annotated[list[int], AtLeastTwo],
        position: Literal["center", "random", "border"],
        pixel_noise: Annotated[float, NonNegative],
    ) -> None:
        sizes = [object_size] if isinstance(object_size, int) else object_size
        if not sizes:
            raise ValueError("object_size: expected at least one size, got []")
        if max(sizes) > canvas:
            raise ValueError(f"object_size: expected at most the canvas {canvas}, got {object_size}")
        self.examples, self.canvas, self.objects, self.sizes = examples, canvas, objects, sorted(set(sizes))
        self.position, self.pixel_noise = position, pixel_noise

    def load(self, seed: int) -> Table:
        """Return images (examples, 1, canvas, canvas) and kinds (examples,), with masks and boxes."""
        random = np.random.default_rng(seed)
        targets = np.arange(self.examples) % len(CLASSES)
        drawn = np.random.default_rng([seed, 1]).choice(self.sizes, self.examples)
        masks = np.zeros((self.examples, self.canvas, self.canvas), dtype=bool)
        boxes = np.empty((self.examples, self.objects, 4), dtype=np.int64)
        for size in self.sizes:
            images_of = np.flatnonzero(drawn == size)
            stamps = np.stack([stamp(kind, size) for kind in CLASSES])[targets[images_of]]
            free, side = np.array([self.canvas - size] * 2), np.arange(size)
            for number in range(self.objects):
                corners = corner(len(images_of), free, self.position, random)
                boxes[images_of, number] = np.concatenate([corners, corners + size], 1)
                rows, columns = corners[:, :1] + side, corners[:, 1:] + side
                masks[images_of[:, None, None], rows[:, :, None], columns[:, None, :]] |= stamps
        images = masks[:, None].astype(np.float32)
        images += self.pixel_noise * random.standard_normal(images.shape, dtype=np.float32)
        return Table(images, targets, "image", classes=CLASSES, extra={"mask": masks, "box": boxes, "size": drawn})


def stamp(kind: str, size: int) -> np.ndarray:
    """Return one object (size, size) that touches all four sides of its box."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    if kind == "square":
        return np.ones((size, size), dtype=bool)
    if kind == "circle":
        return rows**2 + columns**2 <= size**2 / 4 - 0.5
    if kind == "triangle":  # the tip at the top, the base at the bottom
        return np.abs(columns) <= np.maximum((rows + (size - 1) / 2) / 2, 0.5)
    return (np.abs(rows) <= size / 6) | (np.abs(columns) <= size / 6)
