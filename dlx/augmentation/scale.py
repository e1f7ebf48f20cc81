"""Random scaling."""

from __future__ import annotations

import math
from typing import Annotated

from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import scaling, uniform, warp
from dlx.spec import OpenFraction


class Scale(Augmentation):
    """Scale each image about its center by a factor between `factor` and 1 / `factor`.

    The logarithm of the factor is uniform: halving and doubling are equally likely.

    Args:
        factor: minimum scale factor, in (0, 1).

    Example:
        dlx train augmentation=scale 'dataset.test_transforms=[scale_0.7]'
    """

    def __init__(self, *, factor: Annotated[float, OpenFraction]) -> None:
        self.factor = factor

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images (batch, channels, height, width) scaled; black is 0."""
        images, targets = batch
        bound = math.log(self.factor)
        return warp(images, scaling(uniform(len(images), bound, -bound, generator).exp())), targets
