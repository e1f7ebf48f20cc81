"""Data ready for training: splits of tensors, and the original units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from dlx.data.image_transforms import Transform
from dlx.data.scale import Units
from dlx.data.windows import Differences
from dlx.spec import DataSpec


@dataclass(frozen=True)
class Split:
    """Examples of one split.

    Attributes:
        inputs: inputs (examples, *shape).
        targets: classes (examples,) or standardized real targets (examples, outputs).
        index: index of each example in the raw data.
        last: for a series, the persistence forecast in the units of the targets (examples, outputs).
        history: for a series, the last values before the target in the original units (examples, order, series).
        extra: further arrays of the dataset, one row for each example.
    """

    inputs: Tensor
    targets: Tensor
    index: np.ndarray
    last: Tensor | None = None
    history: np.ndarray | None = None
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.targets)

    def to(self, device: torch.device, dtype: torch.dtype) -> Split:
        """Return the split on a device, with floating-point numbers of a type."""
        real = self.targets.is_floating_point()
        inputs, targets = self.inputs.to(device, dtype), self.targets.to(device, dtype if real else None)
        return replace(self, inputs=inputs, targets=targets)


@dataclass(frozen=True)
class Images:
    """Form of images before they were adapted to a model.

    Attributes:
        shape: (channels, height, width).
        black: value of black in each channel, as the network sees it (channels, 1, 1).
    """

    shape: tuple[int, ...]
    black: Tensor


@dataclass(frozen=True)
class Data:
    """The data of a run: three splits with their spec and units.

    `naive` caches the score of the naive baseline on each split under each objective, which is equal for all runs on
    these data.
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

    def splits(self) -> dict[str, Split]:
        """Return the three splits by name."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def restore(self, y: Tensor, part: Split) -> Tensor:
        """Return real targets or predictions (examples, outputs) of a whole split in the original units."""
        y = self.units.restore(y)
        if self.differences is None or self.differences.how == 0:
            return y
        assert part.history is not None, "a series has a history"
        return torch.from_numpy(self.differences.restore(y.numpy(), part.history)).to(y)
