"""Random affine maps."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import rotation, scaling, shearing, uniform, warp
from dlx.spec import Angle, Fraction, NonNegative


class Affine(Augmentation):
    """Shear, turn, scale and shift each image at once, in this order (Simard et al. 2003), each drawn uniformly.

    Args:
        degrees: the largest angle of the turn.
        factor: the smallest factor of the scaling, the largest is its inverse; 1: none.
        shear: the largest angle of the lean, below 90.
        pixels: the largest shift in each direction, in pixels and parts of them.

    Example:
        dlx train augmentation=affine 'dataset.test_transforms=[rotation_30,scale_0.7,shear_30,flip]'
    """

    def __init__(
        self,
        *,
        degrees: Annotated[float, NonNegative],
        factor: Annotated[float, Fraction],
        shear: Annotated[float, Angle],
        pixels: Annotated[float, NonNegative],
    ) -> None:
        if factor == 0:
            raise ValueError("factor: expected more than 0; 1 scales nothing")
        self.degrees, self.factor, self.shear, self.pixels = degrees, factor, shear, pixels

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images (batch, channels, height, width) mapped; black is 0."""
        images, targets = batch
        count, bound = len(images), math.log(self.factor)
        forward = (
            scaling(uniform(count, bound, -bound, generator).exp())
            @ rotation(uniform(count, -self.degrees, self.degrees, generator))
            @ shearing(uniform(count, -self.shear, self.shear, generator))
        )
        moved = torch.stack([uniform(count, -self.pixels, self.pixels, generator) for _ in "xy"], 1)
        return warp(images, forward, moved), targets
