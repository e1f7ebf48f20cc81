"""Raw data: the arrays that a dataset returns, before anything is split or scaled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dlx.spec import Input, Target


@dataclass(frozen=True)
class Label:
    """A further kind of target that a table has of its examples.

    Attributes:
        values: one row an example.
        classes: names of the classes, () where the values are none.
    """

    values: np.ndarray
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Examples that may be drawn in any order.

    Attributes:
        inputs: (examples, features), (examples, channels, height, width), (examples, time, features), or whole numbers
            (examples, time) of tokens.
        targets: the usual target: class numbers (examples,) of an integer type, or real targets (examples, targets);
            None where there is none.
        input: kind of one input.
        features: names of the columns of `inputs`, or ().
        classes: names of the classes, () where the targets are real.
        white: the value of white in images; black is 0.
        parts: how many examples are for training, validation and test, in this order, where the dataset itself
            decides; null: `dataset.split` does.
        extra: further arrays with one row an example (masks, boxes, attributes).
        truth: what a synthetic dataset was drawn from (true coefficients).
        offers: further kinds of target that an objective can choose, by kind.
        symbols: of token inputs, what each number stands for; 0 is padding, 1 begins, 2 ends.
    """

    inputs: np.ndarray
    targets: np.ndarray | None
    input: Input = "vector"
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    white: float = 1.0
    parts: tuple[int, int, int] | None = None
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)
    offers: Mapping[Target, Label] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()

    @property
    def usual(self) -> Target:
        """The kind of `targets`."""
        return "none" if self.targets is None else "class" if self.classes else "number"

    @property
    def hash(self) -> str:
        """The digest of the values, recorded with every run."""
        targets = [] if self.targets is None else [self.targets]
        return digest(self.inputs, *targets, *(label.values for label in self.offers.values()))


@dataclass(frozen=True)
class Series:
    """Values in order of time, equally spaced.

    Attributes:
        values: array (time, series).
        names: name of each series.
    """

    values: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """The digest of the values, recorded with every run."""
        return digest(self.values)


def digest(*arrays: np.ndarray) -> str:
    """Return 16 hex digits of the SHA-256 hash of arrays, including their shapes and types."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.shape}{array.dtype}".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()[:16]
