"""Random rotation."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import affine, rotation, uniform
from dlx.spec import Positive


class Rotation(Augmentation):
    """Rotate each image about its center by an angle drawn uniformly from [-degrees, degrees].

    Args:
        degrees: maximum angle, in degrees.

    Example:
        dlx train augmentation=rotation 'dataset.test_transforms=[rotation_30]'
    """

    def __init__(self, *, degrees: Annotated[float, Positive]) -> None:
        self.degrees = degrees

    def grid(self, images: Tensor, generator: Generator) -> Tensor:
        """Return where the pixels of the images (batch, channels, height, width) come from."""
        angles = uniform(len(images), -self.degrees, self.degrees, generator)
        return affine(images, rotation(angles))
