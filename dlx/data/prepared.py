"""Data ready for training: splits of tensors, and the original units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlx.contracts import Batch
from dlx.data import tree
from dlx.data.image_transforms import Transform
from dlx.data.preprocessing import Preprocessing
from dlx.data.reading import Reading
from dlx.data.scale import Units
from dlx.data.windows import Differences
from dlx.spec import DataSpec, Target


@dataclass(frozen=True)
class Split:
    """Examples of one split.

    Attributes:
        inputs: inputs (examples, *shape).
        targets: classes (examples,), standardized real targets (examples, outputs), one tensor for each of several
            tasks, or None if there are none.
        index: index of each example in the raw data.
        last: for a series, the persistence forecast in the units of the targets (examples, outputs).
        history: for a series, the last values before the target in the original units (examples, order, series).
        extra: further arrays of the dataset, one row for each example.
        weights: weight of each target in the loss, 0 in padding; None: all are equal.
        offers: further kinds of target, one row for each example; see `Data.aimed`.
        offered_weights: the weights of those of them that are padded.
        on_disk: whether the inputs lie in a file, from which a batch is read when it is used.
        piece: largest number of examples in one forward pass of an evaluation; None: as many as usual.
    """

    inputs: Tensor
    targets: Any
    index: np.ndarray
    last: Tensor | None = None
    history: np.ndarray | None = None
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)
    weights: Tensor | None = None
    offers: Mapping[Target, Tensor] = field(default_factory=dict)
    offered_weights: Mapping[Target, Tensor] = field(default_factory=dict)
    on_disk: bool = False
    piece: int | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, rows: Any = slice(None)) -> Batch:
        """Return examples as a step takes them; `rows` is a slice, or numbers of rows."""
        return tree.rows(Batch(self.inputs, self.targets, self.weights), rows)

    def to(self, device: torch.device | str, dtype: torch.dtype) -> Split:
        """Return the split on a device, its real numbers of a type; classes and symbols stay whole numbers."""
        inputs, targets, weights = tree.moved(self.batch(), device, dtype)
        return replace(self, inputs=inputs, targets=targets, weights=weights)

    def like(self, tensor: Tensor) -> Split:
        """Return the split on the device and in the precision of a tensor."""
        return self.to(tensor.device, tensor.dtype)

    def rows(self, index: np.ndarray) -> Split:
        """Return the split of the chosen examples."""
        some = self.batch(index)
        return replace(
            self,
            inputs=some.inputs,
            targets=some.targets,
            weights=some.weights,
            index=self.index[index],
            last=tree.rows(self.last, index),
            history=None if self.history is None else self.history[index],
            extra={name: values[index] for name, values in self.extra.items()},
            offers={kind: values[index] for kind, values in self.offers.items()},
            offered_weights={kind: values[index] for kind, values in self.offered_weights.items()},
        )


@dataclass(frozen=True)
class Images:
    """Form of images before they were adapted to a model.

    Attributes:
        shape: (channels, height, width).
        black: value of black in each channel, as the network sees it (channels, 1, 1).
    """

    shape: tuple[int, ...]
    black: Tensor


def plain_units() -> Units:
    """Return the units of values that are not standardized."""
    return Units(torch.zeros(1), torch.ones(1))


@dataclass(frozen=True)
class Data:
    """The data of a run: three splits with their spec and units.

    `naive` caches the score of the naive baseline on each split under each objective, which is equal for all runs on
    these data. `offers` has, for each further kind of target, the names of its classes. `input_units` convert inputs of
    tables, before they were adapted to a model, to the original units. `reading` tells how a user's file was read,
    `preprocessing` what new examples are treated with.
    """

    spec: DataSpec
    train: Split
    val: Split
    test: Split
    units: Units
    hash: str
    images: Images | None = None
    differences: Differences | None = None
    series: np.ndarray | None = None
    transforms: tuple[Transform, ...] = ()
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)
    naive: dict[str, dict[str, float]] = field(default_factory=dict, compare=False, repr=False)
    offers: Mapping[Target, tuple[str, ...]] = field(default_factory=dict)
    input_units: Units = field(default_factory=plain_units)
    reading: Reading | None = None
    preprocessing: Preprocessing | None = None

    def splits(self) -> dict[str, Split]:
        """Return the three splits by name."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def aimed(self, targets: tuple[Target, ...]) -> Data | None:
        """Return the data with the first of these kinds of target that they offer, None where they offer none.

        () takes whatever there is; `self` and `none` are always there.
        """
        for kind in targets:
            if kind == self.spec.target:
                return self
            if kind in self.offers or kind in ("self", "none"):
                return self._with(kind)
        return None if targets else self

    def _with(self, kind: Target) -> Data:
        """Return the data with another kind of target."""
        targets = {name: part.offers.get(kind) for name, part in self.splits().items()}
        classes, values = self.offers.get(kind, ()), targets["train"]
        outputs = len(classes) or (0 if values is None else values[0].numel())
        steps = values.shape[1] if kind == "tokens" and values is not None else 0
        padded = kind in self.train.offered_weights
        spec = replace(self.spec, target=kind, outputs=outputs, classes=classes, steps=steps, padded=padded)
        splits: Any = {name: self._turned(part, targets[name], kind) for name, part in self.splits().items()}
        former = {self.spec.target: self.spec.classes} if self.spec.classes else {}
        return replace(self, spec=spec, naive={}, offers={**former, **self.offers}, **splits)

    def _turned(self, part: Split, targets: Tensor | None, kind: Target) -> Split:
        """Return a split with other targets and their weights; the classes that it had are offered."""
        former = {self.spec.target: part.targets} if self.spec.classes and part.targets is not None else {}
        weights = part.offered_weights.get(kind)
        return replace(part, targets=targets, weights=weights, offers={**former, **part.offers})

    def restore(self, y: Tensor, part: Split) -> Tensor:
        """Return real targets or predictions (examples, outputs) of a whole split in the original units."""
        y = self.units.restore(y)
        if self.differences is None or self.differences.how == 0:
            return y
        assert part.history is not None, "a series has a history"
        return torch.from_numpy(self.differences.restore(y.numpy(), part.history)).to(y)
