"""Penguins of three species."""

from __future__ import annotations

import csv

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import extra_file

SPECIES = ("Adelie", "Chinstrap", "Gentoo")
FEATURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")


class Penguins(Dataset):
    """342 penguins of three species, four measurements (Gorman et al. 2014; in palmerpenguins).

    The two penguins without measurements are left out. palmerpenguins is an extra: `pip install palmerpenguins`.

    Example:
        dlx train dataset=penguins model=logistic
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return measurements (342, 4) and species (342,)."""
        command = "pip install palmerpenguins"
        with extra_file("palmerpenguins", "palmerpenguins", command, "data", "penguins.csv").open(newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if row["body_mass_g"] not in ("", "NA")]
        inputs = np.array([[float(row[name]) for name in FEATURES] for row in rows], dtype=np.float32)
        targets = np.array([SPECIES.index(row["species"]) for row in rows], dtype=np.int64)
        return Table(inputs, targets, features=FEATURES, classes=SPECIES)
