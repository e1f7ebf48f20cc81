"""Losses, metrics and figures of the objectives that predict real numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.prepared import Data, Split
from dlx.metrics.errors import error_metrics
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec

LOSSES: dict[str, Callable[..., Tensor]] = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.smooth_l1_loss,
    "bernoulli": F.binary_cross_entropy,
}


class RealTargets(Supervised):
    """Base class of the objectives that predict real numbers, with a mean loss and error metrics.

    Args:
        spec: specification of the data.
        kind: name of the loss, a key of LOSSES.
        scale: factor on the loss.
    """

    metric_info: ClassVar[Mapping[str, Metric]] = {
        "skill": Metric("max", headline=True),
        "mse": Metric(headline=True),
        "loss": Metric(),
        "rmse": Metric(),
        "mae": Metric(),
        "nmse": Metric(),
        "r2": Metric("max"),
    }

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "predicted_against_true": (
            "Predicted against true values",
            "Each dot is a test example: the further right, the larger its true value; the higher, the larger the "
            "predicted one. On the dotted line the two are equal.",
        ),
        "forecast": ("Forecast", "The last steps of the test split in blue, the forecast in orange."),
    }

    def __init__(self, spec: DataSpec, kind: str, scale: float) -> None:
        self.spec, self.kind, self.scale = spec.aimed(spec.outputs), kind, scale

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean loss of predictions (batch, outputs)."""
        found = LOSSES[self.kind](output, batch.targets)
        return found if self.scale == 1 else self.scale * found

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return predictions and targets (examples, outputs) in the original units of the data."""
        return in_units(outputs, part, data)

    def predicted(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return predictions (examples,) or (examples, outputs) in the original units of the data."""
        found = data.restore(outputs, part).numpy()
        return {"prediction": found[:, 0] if found.shape[1] == 1 else found}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all error metrics, in the original units of the data."""
        return error_metrics(*(torch.from_numpy(predictions[name]) for name in ("prediction", "target")))

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a plot of predictions against true values of the first target, or both over time for a series."""
        prediction, target = predictions["prediction"][:, 0], predictions["target"][:, 0]
        if data.series is not None:
            return {"test/forecast": picture.lines(target, prediction)}
        return {"test/predicted_against_true": picture.scatter(target, prediction)}


def in_units(outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
    """Return outputs and targets (examples, outputs) of a whole split in the original units of the data."""
    return {
        "prediction": data.restore(outputs, part).numpy(),
        "target": data.restore(part.targets, part).numpy(),
    }
