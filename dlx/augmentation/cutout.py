"""Black squares."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.phase import Batch
from dlx.spec import Positive


class Cutout:
    """Blacken a square at a random place of each image, at the border a part of it (DeVries & Taylor 2017).

    Args:
        size: side of the square in pixels.

    Example:
        dlx train -m augmentation=cutout augmentation.size=2,4
    """

    def __init__(self, shape: tuple[int, ...], *, size: Annotated[int, Positive]) -> None:
        if size >= 2 * min(shape[1:]):
            raise ValueError(f"size: expected less than twice the image's side {min(shape[1:])}, got {size}")
        self.size = size

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with a hole in each image (batch, channels, height, width); black is 0."""
        images, targets = batch
        rows, columns = (self._covered(len(images), side, generator) for side in images.shape[2:])
        return images.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], 0), targets

    def _covered(self, count: int, side: int, generator: Generator) -> Tensor:
        """Draw centers along one axis and return which pixels (count, side) the square covers."""
        center = torch.randint(0, side, (count, 1), generator=generator, device=generator.device)
        offset = torch.arange(side, device=generator.device) - (center - self.size // 2)
        return (offset >= 0) & (offset < self.size)
