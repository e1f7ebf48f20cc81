"""Random scaling."""

from __future__ import annotations

import math
from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import affine, scaling, uniform
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

    def grid(self, images: Tensor, generator: Generator) -> Tensor:
        """Return where the pixels of the images (batch, channels, height, width) come from."""
        bound = math.log(self.factor)
        return affine(images, scaling(uniform(len(images), bound, -bound, generator).exp()))
