"""Wisconsin breast cancer data."""

from __future__ import annotations

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.dataset._shipped import labeled_table

MEASURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave_points",
    "symmetry",
    "fractal_dimension",
)
FORMS = ("mean_{}", "{}_error", "worst_{}")
FEATURES = tuple(form.format(measure) for form in FORMS for measure in MEASURES)


class BreastCancer(Dataset):
    """569 breast tumors, malignant or benign, 30 measurements of cell nuclei (Street et al. 1993; in scikit-learn).

    `dataset.classes=[benign,malignant]` makes malignant the second class, to which `dataset.prevalence` refers.

    Example:
        dlx train dataset=breast_cancer model=logistic
    """

    seeded = False

    def load(self, seed: int) -> Table:
        """Return measurements (569, 30) and malignant (0) or benign (1)."""
        inputs, targets, classes = labeled_table("breast_cancer.csv")
        return Table(inputs, targets, features=FEATURES, classes=classes)
