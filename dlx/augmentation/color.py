"""Random color of the light."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.spec import Fraction


class Color(Augmentation):
    """Multiply each channel of an image by its own factor, drawn uniformly from [1 - strength, 1 + strength].

    Black stays black, as under light of another color.

    Args:
        strength: maximum deviation of a factor from 1.

    Example:
        dlx train augmentation=color dataset=sample_images
    """

    def __init__(self, shape: tuple[int, ...], *, strength: Annotated[float, Fraction]) -> None:
        if shape[0] < 2:
            raise ValueError("color needs images of several channels, these have one; try augmentation=brightness")
        self.strength = strength

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images (batch, channels, height, width) with the colors changed; black is 0."""
        draw = torch.rand(*images.shape[:2], 1, 1, generator=generator, device=generator.device)
        return images * (1 + self.strength * (2 * draw - 1))
