"""Preparation of images: placement, sampling, quantization and permutation of pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlx.config.shared_keys import TablePreparation
from dlx.data.raw import Table
from dlx.errors import ConfigError

KEYS = ("canvas", "position", "stride", "antialias", "bits", "permute_pixels", "test_transforms")
PLACES = ("mask", "box", "boxes")  # of objects; lost where pixels are moved


def change_images(table: Table, keys: TablePreparation, random: np.random.Generator) -> Table:
    """Return the table with images placed on a canvas, sampled, quantized and permuted, in this order.

    Masks and boxes refer to the original pixels and are left out if these move.
    """
    images = table.inputs
    if keys.canvas is not None:
        images = place(images, keys.canvas, keys.position, random)
    elif keys.position != "center":
        raise ConfigError(f"dataset.position: {keys.position} needs a larger canvas; add dataset.canvas=...")
    if keys.stride > 1:
        if keys.stride > min(images.shape[2:]):
            raise ConfigError(f"dataset.stride: expected at most the image's side {min(images.shape[2:])}")
        images = sample(images, keys.stride, keys.antialias)
    elif keys.antialias:
        raise ConfigError("dataset.antialias: needs dataset.stride of 2 or more")
    if keys.bits is not None:
        images = quantize(images, keys.bits, table.white)
    if keys.permute_pixels:
        images = permute(images, random)
    moved = keys.canvas is not None or keys.stride > 1 or keys.permute_pixels
    extra = {key: values for key, values in table.extra.items() if not (moved and key in PLACES)}
    offers = {kind: label for kind, label in table.offers.items() if not (moved and kind in PLACES)}
    return replace(table, inputs=images, extra=extra, offers=offers)


def check_places(table: Table) -> None:
    """Check that masks have the size of their images, and that boxes are given as four sides and a class.

    Raises:
        ConfigError: names the sizes.
    """
    space = table.inputs.shape[2:]
    for kind, label in table.offers.items():
        found = label.values.shape
        if kind == "mask" and found[1:] != space:
            masks, images = ("x".join(map(str, shape)) for shape in (found[1:], space))
            raise ConfigError(f"dataset: masks of {masks} for images of {images}; expected a class for every pixel")
        if kind == "boxes" and (len(found) != 3 or found[2] != 5):
            raise ConfigError(
                f"dataset: boxes have the shape {found}; expected (examples, objects, 5): top, left, bottom, right and "
                "class, -1 in rows without an object"
            )


def place(images: np.ndarray, canvas: int, position: str, random: np.random.Generator) -> np.ndarray:
    """Return images (n, channels, height, width) placed on black canvases (n, channels, canvas, canvas).

    Args:
        images: any real values; black is 0.
        canvas: side of the canvas.
        position: `center`, `random`, or `border` (touching one of the four borders, anywhere along it).
        random: generator of the positions.

    Raises:
        ConfigError: the canvas is smaller than the images.
    """
    n, channels, height, width = images.shape
    if canvas < max(height, width):
        raise ConfigError(f"dataset.canvas: expected at least the image's side {max(height, width)}, got {canvas}")
    corners = corner(n, np.array([canvas - height, canvas - width]), position, random)
    result = np.zeros((n, channels, canvas, canvas), images.dtype)
    rows = corners[:, :1] + np.arange(height)  # (n, height)
    columns = corners[:, 1:] + np.arange(width)
    numbers = np.arange(n)[:, None, None, None]
    result[numbers, np.arange(channels)[:, None, None], rows[:, None, :, None], columns[:, None, None, :]] = images
    return result


def corner(n: int, free: np.ndarray, position: str, random: np.random.Generator) -> np.ndarray:
    """Return upper left corners (n, 2) of objects that can be moved by `free` (2,) pixels down and right."""
    if position == "center":
        return np.broadcast_to(free // 2, (n, 2))
    corners = random.integers(0, free + 1, (n, 2))
    if position == "border":
        side = random.integers(0, 4, n)  # top, bottom, left, right
        corners[side == 0, 0], corners[side == 1, 0] = 0, free[0]
        corners[side == 2, 1], corners[side == 3, 1] = 0, free[1]
    return corners


def sample(images: np.ndarray, stride: int, antialias: bool) -> np.ndarray:
    """Return every stride-th pixel, or with antialias the mean of each block of stride x stride pixels."""
    n, channels, height, width = images.shape
    height, width = height // stride * stride, width // stride * stride
    blocks = images[:, :, :height, :width].reshape(n, channels, height // stride, stride, width // stride, stride)
    return blocks.mean((3, 5), dtype=images.dtype) if antialias else blocks[:, :, :, 0, :, 0]


def quantize(images: np.ndarray, bits: int, white: float) -> np.ndarray:
    """Return images rounded to 2^bits levels, equally spaced from black (0) to white."""
    step = white / (2**bits - 1)
    return (np.clip(np.rint(images / step), 0, 2**bits - 1) * step).astype(images.dtype)


def permute(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return images with the pixels of all images and channels in one random order."""
    flat = images.reshape(*images.shape[:2], -1)
    return flat[:, :, random.permutation(flat.shape[2])].reshape(images.shape)
