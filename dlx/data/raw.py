"""What a dataset class returns before anything is split or scaled: plain arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dlx.spec import Input


@dataclass(frozen=True)
class Table:
    """Examples that may be drawn in any order.

    Attributes:
        inputs: (examples, features), (examples, channels, height, width) or (examples, time, features).
        targets: class numbers (examples,) of an integer type, or real targets (examples, targets).
        input: kind of one input.
        features: names of the columns of `inputs`, or ().
        classes: names of the classes, () where the targets are real.
        white: the value of white in images; black is 0.
        parts: how many examples are for training, validation and test, in this order, where the dataset itself
            decides; null: `dataset.split` does.
        extra: further arrays with one row an example (masks, boxes, attributes).
        truth: what a synthetic dataset was drawn from (true coefficients).
    """

    inputs: np.ndarray
    targets: np.ndarray
    input: Input = "vector"
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    white: float = 1.0
    parts: tuple[int, int, int] | None = None
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """A digest of the values, kept with every run."""
        return digest(self.inputs, self.targets)


@dataclass(frozen=True)
class Series:
    """Values in the order of time, equally spaced.

    Attributes:
        values: (time, series).
        names: one for each series.
    """

    values: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """A digest of the values, kept with every run."""
        return digest(self.values)


def digest(*arrays: np.ndarray) -> str:
    """Return 16 hex digits of the SHA-256 of arrays, shapes and types included."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.shape}{array.dtype}".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()[:16]
