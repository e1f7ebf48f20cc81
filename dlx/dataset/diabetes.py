"""Diabetes data."""

from __future__ import annotations

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import library_file


class Diabetes(Dataset):
    """442 patients, 10 measurements, and disease progression after one year (Efron et al. 2004; in scikit-learn).

    Example:
        dlx train dataset=diabetes model=linear
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return measurements (442, 10) and progression (442, 1)."""
        folder = library_file("sklearn", "datasets", "data")
        inputs = np.loadtxt(folder / "diabetes_data_raw.csv.gz", dtype=np.float32)
        targets = np.loadtxt(folder / "diabetes_target.csv.gz", dtype=np.float32)
        names = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
        return Table(inputs, targets[:, None], features=names)
