"""Random shearing."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import affine, shearing, uniform
from dlx.spec import Angle


class Shear(Augmentation):
    """Shear each image by an angle drawn uniformly from [-degrees, degrees]: x' = x + tan(angle) · y.

    Args:
        degrees: maximum angle, in degrees, below 90.

    Example:
        dlx train augmentation=shear 'dataset.test_transforms=[shear_30]'
    """

    def __init__(self, *, degrees: Annotated[float, Angle]) -> None:
        self.degrees = degrees

    def grid(self, images: Tensor, generator: Generator) -> Tensor:
        """Return where the pixels of the images (batch, channels, height, width) come from."""
        return affine(images, shearing(uniform(len(images), -self.degrees, self.degrees, generator)))
