"""Random affine maps."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import affine, rotation, scaling, shearing, uniform
from dlx.spec import Angle, Fraction, NonNegative


class Affine(Augmentation):
    """Shear, rotate, scale and shift each image, in this order, by uniformly drawn amounts (Simard et al. 2003).

    Args:
        degrees: maximum angle of rotation, in degrees.
        factor: minimum scale factor; the maximum is its inverse. 1: no scaling.
        shear: maximum shear angle, in degrees, below 90.
        pixels: maximum shift in each direction, in pixels; fractions are allowed.

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

    def grid(self, images: Tensor, generator: Generator) -> Tensor:
        """Return where the pixels of the images (batch, channels, height, width) come from."""
        count, bound = len(images), math.log(self.factor)
        forward = (
            scaling(uniform(count, bound, -bound, generator).exp())
            @ rotation(uniform(count, -self.degrees, self.degrees, generator))
            @ shearing(uniform(count, -self.shear, self.shear, generator))
        )
        moved = torch.stack([uniform(count, -self.pixels, self.pixels, generator) for _ in "xy"], 1)
        return affine(images, forward, moved)
