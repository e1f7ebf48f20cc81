"""Wine data."""

from __future__ import annotations

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import labeled_table

FEATURES = (
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280_od315",
    "proline",
)


class Wine(Dataset):
    """178 Italian wines of three growers, 13 chemical measurements (Forina et al. 1991; in scikit-learn).

    Example:
        dlx train dataset=wine model=logistic
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return measurements (178, 13) and growers (178,)."""
        inputs, targets, classes = labeled_table("wine_data.csv")
        return Table(inputs, targets, features=FEATURES, classes=classes)
