"""Random rotation."""

from __future__ import annotations

from typing import Annotated

from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import rotation, uniform, warp
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

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images (batch, channels, height, width) rotated; black is 0."""
        images, targets = batch
        angles = uniform(len(images), -self.degrees, self.degrees, generator)
        return warp(images, rotation(angles)), targets
