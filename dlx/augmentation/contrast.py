"""Random contrast."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import uniform
from dlx.spec import Fraction


class Contrast(Augmentation):
    """Multiply the differences from the mean of each image by a factor from U(1 - strength, 1 + strength).

    Args:
        strength: maximum deviation of the factor from 1; at 1 an image may become plain gray.

    Example:
        dlx train augmentation=contrast dataset=sample_images
    """

    needs_black = False  # differences from the mean do not tell where black lies

    def __init__(self, *, strength: Annotated[float, Fraction]) -> None:
        self.strength = strength

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images (batch, channels, height, width) with another contrast."""
        mean = images.mean((2, 3), keepdim=True)
        factor = uniform(len(images), 1 - self.strength, 1 + self.strength, generator)[:, None, None, None]
        return mean + factor * (images - mean)
