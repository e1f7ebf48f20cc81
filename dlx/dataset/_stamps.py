"""Drawn objects: kinds with their attributes, and their pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CLASSES = ("square", "circle", "triangle", "cross")


class Variant(NamedTuple):
    """A kind of object with its attributes."""

    kind: str
    outlined: bool
    tilted: bool

    def __str__(self) -> str:
        return " ".join(["tilted"] * self.tilted + ["outlined"] * self.outlined + [self.kind])


# A tilted circle would look like an upright one.
VARIANTS = [
    Variant(kind, outlined, tilted)
    for kind in CLASSES
    for tilted in (False, True)
    for outlined in (False, True)
    if not (kind == "circle" and tilted)
]


def number_of(kind: str, outlined: bool, tilted: bool) -> int:
    """Return the index of a variant in VARIANTS, -1 if there is none."""
    variant = Variant(kind, outlined, tilted)
    return VARIANTS.index(variant) if variant in VARIANTS else -1


def stamp(kind: str, size: int, outlined: bool = False, tilted: bool = False) -> np.ndarray:
    """Return one object (size, size) that touches all four sides of its box.

    Args:
        kind: an element of CLASSES.
        size: side of the box.
        outlined: whether only its border of one pixel is drawn.
        tilted: whether it is turned by 45 degrees.
    """
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    shape = rotated(kind, rows, columns, size) if tilted else upright(kind, rows, columns, size)
    if not outlined:
        return shape
    wide = np.pad(shape, 1)
    return shape & ~(wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:])


def upright(kind: str, rows: np.ndarray, columns: np.ndarray, size: int) -> np.ndarray:
    """Return the pixels of an object, from their coordinates (size, size) relative to the center."""
    if kind == "square":
        return np.ones((size, size), dtype=bool)
    if kind == "circle":
        return rows**2 + columns**2 <= size**2 / 4 - 0.5
    if kind == "triangle":  # the tip at the top, the base at the bottom
        return np.abs(columns) <= np.maximum((rows + (size - 1) / 2) / 2, 0.5)
    return (np.abs(rows) <= size / 6) | (np.abs(columns) <= size / 6)


def rotated(kind: str, rows: np.ndarray, columns: np.ndarray, size: int) -> np.ndarray:
    """Return the pixels of an object turned by 45 degrees and scaled to its box, from the coordinates of `upright`."""
    if kind == "square":
        return np.abs(rows) + np.abs(columns) <= size / 2
    if kind == "circle":
        return upright(kind, rows, columns, size)
    if kind == "triangle":  # corners (x, y) at (1, 0), (0, 1/3) and (2/3, 1); half a pixel more on each side
        x, y, more = columns / size + 0.5, rows / size + 0.5, 0.5 / size
        return (y + x / 3 >= 1 / 3 - more) & (3 * x + y <= 3 + 3 * more) & (y - x <= 1 / 3 + more)
    return np.abs(np.abs(rows) - np.abs(columns)) <= size / 6
