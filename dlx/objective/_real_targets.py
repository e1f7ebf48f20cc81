"""Real targets: the losses and metrics of the objectives that predict numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.contracts import Batch, Phase, Predict, every
from dlx.metrics.errors import error_metrics

LOSSES: dict[str, Callable[..., Tensor]] = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.smooth_l1_loss,
    "bernoulli": F.binary_cross_entropy,
}


class RealTargets:
    """What objectives that predict numbers have in common: one phase, a mean loss, errors as metrics.

    Args:
        kind: of the loss.
        scale: multiplies the loss.
        outputs: numbers predicted for an example.
    """

    monitor = "val/loss"

    def __init__(self, kind: str, scale: float, outputs: int) -> None:
        self.kind, self.scale, self.outputs = kind, scale, outputs

    def phases(self) -> list[Phase]:
        """One phase: all parameters, the mean loss of the batch."""
        return [Phase("train", every, self._loss)]

    def _loss(self, predict: Predict, batch: Batch, generator: Generator) -> Tensor:
        return self.loss(predict(batch[0]), batch[1])

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return `scale` times the mean loss of predictions (batch, outputs)."""
        found = LOSSES[self.kind](prediction, target)
        return found if self.scale == 1 else self.scale * found

    def average(self, outputs: Tensor) -> Tensor:
        """Return the mean prediction of several passes (passes, batch, outputs)."""
        return outputs.mean(0)

    def quick(self, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return what is watched each epoch, as tensors on the device."""
        return {"loss": self.loss(prediction, target)}

    def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
        """Return all metrics of a split, predictions and targets (examples, outputs) in the data's own units."""
        return error_metrics(prediction, target)
