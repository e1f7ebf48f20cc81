"""Random flips."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from dlx.contracts.augmentation import Augmentation
from dlx.data.warp import mirrors


class Flip(Augmentation):
    """Mirror each image, left to right or top to bottom or both, each with probability 1/2 (Krizhevsky et al. 2012).

    Args:
        horizontal: flip left to right.
        vertical: flip top to bottom.

    Example:
        dlx train augmentation=flip dataset=sample_images
    """

    needs_black = False  # pixels only change places

    def __init__(self, *, horizontal: bool, vertical: bool) -> None:
        if not (horizontal or vertical):
            raise ValueError("horizontal, vertical: expected at least one to be true; augmentation=none flips nothing")
        self.axes = [axis for axis, chosen in ((3, horizontal), (2, vertical)) if chosen]

    def grid(self, images: Tensor, generator: Generator) -> Tensor:
        """Return where the pixels of the images (batch, channels, height, width) come from."""
        draws = {axis: torch.rand(len(images), generator=generator, device=generator.device) for axis in self.axes}
        return mirrors(images, {axis: draw < 0.5 for axis, draw in draws.items()})
