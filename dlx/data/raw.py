"""Raw data: the arrays that a dataset returns, before anything is split or scaled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from dlx.data.reading import Reading
from dlx.data.store import blocks
from dlx.spec import Input, Target


@dataclass(frozen=True)
class Label:
    """A further kind of target that a table has of its examples.

    `mask` is a class for every pixel (examples, height, width). `boxes` are (examples, most objects of an example, 5):
    top, left, bottom and right in pixels, the last two excluded, and the class; rows without an object are -1.
    `labels` are 1 for the classes that occur and 0 for the others (examples, classes).

    Attributes:
        values: one row an example.
        classes: names of the classes, () where the values are none.
        in_hash: whether the hash of the data includes the values. False for those that an existing dataset offers in
            addition, so that the runs on its usual targets keep their hash.
        weights: what each value counts in the loss, 0 in padding; None: all are equal.
    """

    values: np.ndarray
    classes: tuple[str, ...] = ()
    in_hash: bool = True
    weights: np.ndarray | None = None

    def rows(self, index: np.ndarray) -> Label:
        """Return the values of the chosen examples."""
        weights = None if self.weights is None else self.weights[index]
        return replace(self, values=self.values[index], weights=weights)


@dataclass(frozen=True)
class Table:
    """Examples without an order in time.

    Attributes:
        inputs: array (examples, features), (examples, channels, height, width), (examples, time, features), or integers
            (examples, time) of tokens.
        targets: the usual target: class indices (examples,) of an integer type, or real targets (examples, targets);
            None if there is none, or if the first of `offers` is the usual one.
        input: kind of the inputs.
        features: names of the columns of `inputs`, or empty.
        classes: names of the classes; empty for real targets.
        white: value of white in images; black is 0.
        parts: number of training, validation and test examples, in this order, if the dataset defines the split; None:
            `dataset.split` does. A part of 0 examples is cut out of the training examples by its share there.
        extra: further arrays with one row for each example (masks, boxes, attributes).
        truth: parameters from which a synthetic dataset was drawn (true coefficients).
        offers: further kinds of target that an objective can choose, by kind.
        symbols: for token inputs, the symbol of each number; 0 is padding, 1 begins a sequence, 2 ends it.
        rules: what the training split decides about a column of inputs, by its name: `median` fills NaN, `share`
            replaces the number of a word, -1 for none, by its share of the examples (`dlx.data.fitted`).
        rows: the row of each example in the user's file, counted from 0; None: they are the examples.
        memory: largest number of bytes of the examples of a split that are held in memory; larger ones are prepared in
            blocks and kept in a file. Their numbers are the same. None: all are in memory, and prepared at once.
        double: whether targets are scaled in double precision and metrics computed in it, which large numbers with
            small differences need. The inputs always are.
        reading: how a user's file was read.
        encoding: what `dlx.contracts.dataset.Dataset.read` must know to bring new examples into this form, in values
            that JSON can hold; a run keeps it.
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
    rules: Mapping[str, Literal["median", "share"]] = field(default_factory=dict)
    rows: np.ndarray | None = None
    double: bool = False
    reading: Reading | None = None
    memory: int | None = None
    encoding: Mapping[str, Any] = field(default_factory=dict)

    @property
    def usual(self) -> Target:
        """The kind of `targets`."""
        return "none" if self.targets is None else "class" if self.classes else "number"

    @property
    def hash(self) -> str:
        """The digest of the values, recorded with every run; data whose examples are empty consist of their truth."""
        targets = [] if self.targets is None else [self.targets]
        hashed = [label for label in self.offers.values() if label.in_hash]
        weights = (label.weights for label in hashed if label.weights is not None)
        truth = [] if self.inputs.size else self.truth.values()
        return digest(self.inputs, *targets, *(label.values for label in hashed), *weights, *truth)


@dataclass(frozen=True)
class Series:
    """Values in order of time, equally spaced.

    Attributes:
        values: array (time, series). Windows with a NaN are left out: a missing value, or a row of NaN where the time
            makes a leap.
        names: name of each series.
        filled: which values stand for missing ones (time, series); they are no targets. None: none.
        double: whether targets are scaled in double precision and metrics computed in it.
        reading: how a user's file was read.
        encoding: as in `Table`.
        times: the time of each value (time,), of a row where the time makes a leap that of the next one; None: the
            values have none.
    """

    values: np.ndarray
    names: tuple[str, ...] = ()
    filled: np.ndarray | None = None
    double: bool = False
    reading: Reading | None = None
    encoding: Mapping[str, Any] = field(default_factory=dict)
    times: np.ndarray | None = None

    @property
    def hash(self) -> str:
        """The digest of the values, recorded with every run."""
        return digest(self.values)


@dataclass(frozen=True)
class NewExamples:
    """Examples to predict, in the form and the units of `Table.inputs`.

    Attributes:
        inputs: array (examples, *shape); where `Table.rules` hold, NaN for a missing number, and the number of a word,
            -1 for none.
        ids: one or more columns that tell the examples apart, a value for each: an id, the number of the row (from 0)
            or the path of a file.
        refused: a message for each example that cannot be predicted, which names its file and line.
        notes: what else a user should know: columns that are ignored, or forms that differ from the training.
    """

    inputs: np.ndarray
    ids: Mapping[str, Sequence[Any]]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def digest(*arrays: np.ndarray) -> str:
    """Return 16 hex digits of the SHA-256 hash of arrays, including their shapes and types."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.shape}{array.dtype}".encode())
        for block in blocks(array) if array.ndim else [...]:
            total.update(np.ascontiguousarray(array[block]).tobytes())
    return total.hexdigest()[:16]
