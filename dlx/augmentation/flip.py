"""Random flips."""

from __future__ import annotations

import torch
from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.augmentation import Augmentation


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

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return the batch with its images (batch, channels, height, width) mirrored."""
        images, targets = batch
        for axis in self.axes:
            chosen = torch.rand(len(images), 1, 1, 1, generator=generator, device=generator.device) < 0.5
            images = torch.where(chosen, images.flip(axis), images)
        return images, targets
