"""Random brightness."""

from __future__ import annotations

from typing import Annotated

from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import uniform
from dlx.spec import Positive


class Brightness(Augmentation):
    """Add the same number to all pixels of an image, drawn uniformly from [-strength, strength].

    Args:
        strength: maximum of the added number, in standard deviations of a channel if the data are standardized.

    Example:
        dlx train augmentation=brightness dataset=sample_images
    """

    needs_black = False  # what is added does not depend on the pixels

    def __init__(self, *, strength: Annotated[float, Positive]) -> None:
        self.strength = strength

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images (batch, channels, height, width), brighter or darker."""
        return images + uniform(len(images), -self.strength, self.strength, generator)[:, None, None, None]
