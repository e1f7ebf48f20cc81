"""Faces and parts of photographs without a face."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import extra_file


class Faces(Dataset):
    """100 faces and 100 pieces of background, gray images of 25x25 pixels (Huang et al. 2012; in scikit-image).

    Values lie between 0 (black) and 1 (white). scikit-image is an extra: `pip install scikit-image`.

    Example:
        dlx train dataset=faces model=cnn
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return images (200, 1, 25, 25) and whether each shows a face (200,)."""
        file = extra_file("skimage", "scikit-image", "pip install scikit-image", "data", "lfw_subset.npy")
        images = np.load(file).astype(np.float32)[:, None]
        targets = (np.arange(len(images)) < len(images) // 2).astype(np.int64)  # the first half are the faces
        return Table(images, targets, "image", classes=("background", "face"))
