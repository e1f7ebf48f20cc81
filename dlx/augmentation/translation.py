"""Random shifts."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import shifts
from dlx.spec import Positive


class Translation(Augmentation):
    """Shift each image by whole pixels, drawn uniformly from -pixels to pixels in each direction, filled with black.

    Args:
        pixels: maximum shift in each direction.

    Example:
        dlx train augmentation=translation 'dataset.test_transforms=[translation_2]'
    """

    def __init__(self, shape: tuple[int, ...], *, pixels: Annotated[int, Positive]) -> None:
        if pixels >= min(shape[1:]):
            raise ValueError(
                f"pixels: expected less than the image's side {min(shape[1:])}, got {pixels}: nothing would be left"
            )
        self.pixels = pixels

    def grid(self, images: Tensor, generator: Generator) -> Tensor:
        """Return where the pixels of the images (batch, channels, height, width) come from."""
        bounds, shape = (-self.pixels, self.pixels + 1), (2, len(images))
        right, down = torch.randint(*bounds, shape, generator=generator, device=generator.device)
        return shifts(images, right, down)
