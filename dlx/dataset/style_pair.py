"""A content image and a style image."""

from __future__ import annotations

import os
from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._photographs import NAMES, photograph
from dlx.errors import ConfigError
from dlx.spec import AtLeastTwo, Positive


class StylePair(Dataset):
    """Crops of two photographs for style transfer, as the parameters `content` and `style` of the data.

    Examples are empty and taken one at a time: an epoch has as many steps as the training split has examples.

    Args:
        content: the image whose objects are kept: `china` (a temple) or `flower`, which come with scikit-learn, or the
            path of an image file.
        style: the image whose look is taken over, likewise.
        size: side of the images in pixels.
        reduction: each pixel is the mean of `reduction` x `reduction` pixels of the photograph; where the crop of
            size * reduction pixels lies is drawn for each seed.
        steps: number of optimizer steps in an epoch; metrics are computed after each epoch.

    Example:
        dlx train model=image dataset.content=flower dataset.style=china optimizer.lr=0.05 trainer.max_epochs=15
    """

    def __init__(
        self,
        *,
        content: str,
        style: str,
        size: Annotated[int, AtLeastTwo],
        reduction: Annotated[int, Positive],
        steps: Annotated[int, Positive],
    ) -> None:
        self.names, self.size, self.steps = {"content": content, "style": style}, size, steps
        self.reduction = reduction
        for key, name in self.names.items():
            if name not in NAMES and not os.path.isfile(os.path.expanduser(name)):
                raise ValueError(f"{key}: expected china, flower or the path of an image file, got {name!r}")

    def load(self, seed: int) -> Table:
        """Return empty examples (steps + 2, 0) and two images (3, size, size) with values in [0, 1].

        Raises:
            ConfigError: If a crop is larger than its photograph, or a file is no image.
        """
        random = np.random.default_rng(seed)
        images = {key: self._crop(key, name, random) for key, name in self.names.items()}
        inputs = np.zeros((self.steps + 2, 0), np.float32)
        return Table(inputs, None, input="none", parts=(self.steps, 1, 1), truth=images)

    def _crop(self, key: str, name: str, random: np.random.Generator) -> np.ndarray:
        image, side = photograph(name), self.size * self.reduction
        height, width = image.shape[:2]
        if side > min(height, width):
            raise ConfigError(
                f"dataset.size: {self.size} x reduction {self.reduction} pixels are more than the {min(height, width)} "
                f"of {key}; expected at most {min(height, width) // self.reduction}"
            )
        top, left = random.integers(0, [height - side + 1, width - side + 1])
        crop = image[top : top + side, left : left + side]
        blocks = crop.reshape(self.size, self.reduction, self.size, self.reduction, 3).mean((1, 3))
        return np.ascontiguousarray(blocks.transpose(2, 0, 1))
