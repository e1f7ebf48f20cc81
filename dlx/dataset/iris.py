"""Iris flowers."""

from __future__ import annotations

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import labeled_table

FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


class Iris(Dataset):
    """150 iris flowers of three species, four lengths in cm (Fisher 1936; in scikit-learn).

    Example:
        dlx train dataset=iris model=logistic 'dataset.features=[petal_length,petal_width]'
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return lengths (150, 4) and species (150,)."""
        inputs, targets, classes = labeled_table("iris.csv")
        return Table(inputs, targets, features=FEATURES, classes=classes)
