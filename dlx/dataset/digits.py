"""Handwritten digits."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import library_file


class Digits(Dataset):
    """1,797 handwritten digits of 8x8 pixels with gray levels 0 to 16 (Alpaydin & Kaynak 1998; in scikit-learn).

    Example:
        dlx train dataset=digits dataset.limit=100
    """

    seeded = False
    recorded_with = {"bits": {"white": 16}}  # noqa: RUF012 (earlier versions quantized as if 1 were white)

    def load(self, seed: int) -> Table:
        """Return images (1797, 1, 8, 8) and digits (1797,)."""
        rows = np.loadtxt(library_file("sklearn", "datasets", "data", "digits.csv.gz"), delimiter=",", dtype=np.float32)
        images, digits = rows[:, :-1].reshape(-1, 1, 8, 8), rows[:, -1].astype(np.int64)
        return Table(images, digits, "image", classes=tuple("0123456789"), white=16.0)
