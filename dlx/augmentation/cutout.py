"""Cutout: black squares."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.spec import Positive


class Cutout(Augmentation):
    """Set a square at a random place of each image to black; it may extend beyond the border (DeVries & Taylor 2017).

    Args:
        size: side of the square in pixels.

    Example:
        dlx train -m augmentation=cutout augmentation.cutout.size=2,4
    """

    def __init__(self, shape: tuple[int, ...], *, size: Annotated[int, Positive]) -> None:
        if size >= 2 * min(shape[1:]):
            raise ValueError(f"size: expected less than twice the image's side {min(shape[1:])}, got {size}")
        # For each axis: which pixels (side,) the square covers, by the place of its center (side,).
        self.covered = [covered(side, size) for side in shape[1:]]

    def change_images(self, images: Tensor, generator: Generator) -> Tensor:
        """Return images (batch, channels, height, width) with a black square in each; black is 0."""
        rows, columns = (cover.to(generator.device)[self._centers(images, cover, generator)] for cover in self.covered)
        return images.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], 0)

    def _centers(self, images: Tensor, cover: Tensor, generator: Generator) -> Tensor:
        """Draw a center along one axis for each image (batch,)."""
        return torch.randint(0, len(cover), (len(images),), generator=generator, device=generator.device)


def covered(side: int, size: int) -> Tensor:
    """Return a mask (side, side): whether a square with center i along an axis covers pixel j."""
    offset = torch.arange(side) - (torch.arange(side)[:, None] - size // 2)
    return (offset >= 0) & (offset < size)
