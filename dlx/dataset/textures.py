"""Tiles of three textures."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import extra_file
from dlx.spec import AtLeastTwo

NAMES, SIDE = ("brick", "grass", "gravel"), 512


class Textures(Dataset):
    """Tiles of photographs of a brick wall, grass and gravel, 512x512 pixels in gray; the class is the texture.

    The photographs (CC0) come with scikit-image, an extra: `pip install scikit-image`. The tiles do not overlap, so
    that no pixel is in two splits. A class is told by its local pattern wherever that lies, which suits convolutions.
    Values lie between 0 (black) and 1 (white).

    Args:
        crop: side of a tile in pixels.

    Example:
        dlx train -m dataset=textures model=linear,mlp,cnn
    """

    seeded = False

    def __init__(self, *, crop: Annotated[int, AtLeastTwo]) -> None:
        if crop > SIDE // 4:
            raise ValueError(f"crop: expected at most {SIDE // 4} pixels, got {crop}")
        self.crop = crop

    def load(self, seed: int) -> Table:
        """Return tiles (tiles, 1, crop, crop) and textures (tiles,)."""
        from PIL import Image  # comes with matplotlib

        tiles = []
        for name in NAMES:
            file = extra_file("skimage", "scikit-image", "pip install scikit-image", "data", f"{name}.png")
            with Image.open(file) as image:
                pixels = np.asarray(image.convert("L"), dtype=np.float32) / 255
            rows, columns = (side // self.crop for side in pixels.shape)
            cut = pixels[: rows * self.crop, : columns * self.crop].reshape(rows, self.crop, columns, self.crop)
            tiles.append(cut.transpose(0, 2, 1, 3).reshape(rows * columns, 1, self.crop, self.crop))
        targets = np.repeat(np.arange(len(NAMES)), [len(part) for part in tiles])
        return Table(np.concatenate(tiles), targets, "image", classes=NAMES)
