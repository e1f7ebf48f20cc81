"""Pixel noise."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.spec import Positive


class Noise(Augmentation):
    """Add Gaussian noise to every pixel, on average a penalty on the input gradient (Bishop 1995).

    Args:
        sd: standard deviation of the noise, in standard deviations of a channel if the data are standardized.

    Example:
        dlx train augmentation=noise 'dataset.test_transforms=[noise_0.5]'
    """

    needs_black = False  # what is added does not depend on the pixels

    def __init__(self, *, sd: Annotated[float, Positive]) -> None:
        self.sd = sd

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images (batch, channels, height, width) with noise."""
        noise = torch.randn(images.shape, generator=generator, device=generator.device, dtype=images.dtype)
        return images.add(noise, alpha=self.sd)
