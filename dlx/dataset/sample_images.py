"""Tiles of two photographs."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._photographs import NAMES, photograph
from dlx.spec import AtLeastTwo


class SampleImages(Dataset):
    """Tiles of two photographs, a temple and a flower (427 x 640, in scikit-learn); the class is the photograph.

    The tiles do not overlap, so that no pixel is in two splits. Values lie between 0 (black) and 1 (white).

    Args:
        crop: side of a tile in pixels.
        color: `rgb`, or `gray`: the luminance 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Example:
        dlx train dataset=sample_images model=cnn dataset.crop=32
    """

    seeded = False

    def __init__(self, *, crop: Annotated[int, AtLeastTwo], color: Literal["rgb", "gray"]) -> None:
        if crop > 427 // 2:
            raise ValueError(f"crop: expected at most {427 // 2} pixels, got {crop}")
        self.crop, self.color = crop, color

    def load(self, seed: int) -> Table:
        """Return tiles (tiles, 3 or 1, crop, crop) and photographs (tiles,)."""
        tiles = [self._tiles(photograph(name)) for name in NAMES]
        targets = np.repeat(np.arange(len(NAMES)), [len(part) for part in tiles])
        return Table(np.concatenate(tiles), targets, "image", classes=NAMES)

    def _tiles(self, image: np.ndarray) -> np.ndarray:
        """Cut an image (height, width, 3) into tiles (tiles, channels, crop, crop)."""
        if self.color == "gray":
            image = image @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
        rows, columns = image.shape[0] // self.crop, image.shape[1] // self.crop
        cut = image[: rows * self.crop, : columns * self.crop].reshape(rows, self.crop, columns, self.crop, -1)
        return cut.transpose(0, 2, 4, 1, 3).reshape(rows * columns, -1, self.crop, self.crop)
