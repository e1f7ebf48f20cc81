"""The common part of the objectives whose target is the input itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from dlx.contracts import Metric
from dlx.data.adapt import as_images
from dlx.data.prepared import Data
from dlx.metrics.errors import error_metrics
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec

PICTURES = 10  # examples in the figure


class OwnInputs(Supervised):
    """Base class of objectives that return the input, whole or repaired; labels are not used.

    A subclass writes `loss`, `predictions` (with arrays of the names in `rows`) and `baseline`.

    Args:
        spec: specification of the data.
        name: name of the objective, for messages.

    Attributes:
        shape: shape of an example.
        shown_as: name of the figure of some test images.
        rows: names of the predictions that the figure shows, from top to bottom.
    """

    targets = ("self",)
    pixels = "all"
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "mse": Metric(headline=True),
        "r2": Metric("max", headline=True),
        "loss": Metric(),
        "rmse": Metric(),
        "mae": Metric(),
        "nmse": Metric(),
        "skill": Metric("max"),
    }
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "reconstruction": (
            "Reconstructions",
            "Test images, and below each what the network makes of it. Details that are missing below were lost.",
        ),
        "restoration": (
            "Restorations",
            "Test images, below each what the network was given, and at the bottom what it made of it.",
        ),
        "samples": ("Samples", "New images, decoded from codes that are drawn at random."),
    }
    shown_as: ClassVar[str] = "reconstruction"
    rows: ClassVar[tuple[str, ...]] = ("target", "prediction")

    def __init__(self, spec: DataSpec, name: str) -> None:
        if spec.input in ("none", "tokens"):
            raise ValueError(f"{name} needs inputs that are real numbers; the data are {spec}")
        self.shape = spec.shape
        # Images are returned channel by channel at each place, sequences feature by feature at each step.
        self.spec = spec.aimed(spec.shape[0] if spec.input in ("vector", "image") else spec.shape[-1])

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all error metrics, averaged over values and examples."""
        return error_metrics(*(torch.from_numpy(predictions[name]) for name in ("prediction", "target")))

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a figure of some test images, each below the one that it is compared with."""
        if data.images is None:
            return {}
        shown = (torch.from_numpy(predictions[name][:PICTURES]).reshape(-1, *self.shape) for name in self.rows)
        return {f"test/{self.shown_as}": picture.pairs(*(as_images(x, data.images.shape).numpy() for x in shown))}


def noisy(inputs: Tensor, sd: float, generator: Generator) -> Tensor:
    """Return inputs with Gaussian noise."""
    if not sd:
        return inputs
    return inputs + sd * torch.randn(inputs.shape, generator=generator, device=inputs.device, dtype=inputs.dtype)


def check_unit_range(data: Data, key: str, instead: str) -> None:
    """Check that all inputs lie between 0 and 1.

    Raises:
        ValueError: If they do not; the message begins with the key that needs it and names what to choose instead.
    """
    low = min(float(part.inputs.min()) for part in data.splits().values())
    high = max(float(part.inputs.max()) for part in data.splits().values())
    if low < 0 or high > 1:
        raise ValueError(
            f"{key} needs inputs between 0 and 1, they lie between {low:.3g} and {high:.3g}; try "
            f"dataset.standardize=unit_range or {instead}"
        )
