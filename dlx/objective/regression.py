"""Which number?"""

from __future__ import annotations

from typing import Literal

from torch import Generator, Tensor

from dlx.data import Data, Part
from dlx.phase import Batch, Phase, Predict, every
from dlx.real_targets import LOSSES, error_metrics
from dlx.spec import DataSpec


class Regression:
    """Real targets; the loss is taken on standardised targets, the metrics in the data's own units.

    Args:
        loss: `mse` mean squared error, `mae` mean absolute error, `huber` squared near 0 and absolute beyond 1
            (Huber 1964).

    Example:
        dlx train dataset=diabetes objective.loss=huber
    """

    monitor = "val/loss"

    def __init__(self, spec: DataSpec, *, loss: Literal["mse", "mae", "huber"]) -> None:
        if spec.target == "class":
            raise ValueError(f"regression needs real targets; the data are {spec}; try objective=classification")
        self.kind = loss

    def phases(self) -> list[Phase]:
        """One phase: all parameters, the mean loss of the batch."""
        return [Phase("train", every, self._loss)]

    def _loss(self, predict: Predict, batch: Batch, generator: Generator) -> Tensor:
        return self.loss(predict(batch[0]), batch[1])

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the mean loss of predictions (batch, outputs)."""
        return LOSSES[self.kind](prediction, target)

    def quick(self, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return what is watched each epoch, as tensors on the device."""
        return {"loss": self.loss(prediction, target)}

    def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
        """Return all metrics of a split, predictions and targets (examples, outputs) in the data's own units."""
        return error_metrics(prediction, target)

    def baseline(self, data: Data, part: Part) -> tuple[str, Tensor]:
        """Return the naive prediction for a part, in the model's units: the mean of the training targets."""
        return "mean", data.train.targets.mean(0).expand_as(part.targets)
