"""What comes next?"""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Generator, Tensor

from dlx.data import Data, Part
from dlx.phase import Batch, Phase, Predict, every
from dlx.real_targets import error_metrics, real_loss
from dlx.spec import DataSpec, Positive


class Forecasting:
    """The next values of a series from a window of its past (Box & Jenkins 1970), judged against persistence.

    The loss is taken on standardised values, the metrics in the series' own units; `skill` = 1 - mse / mse of
    persistence ("tomorrow as today"): above 0 the model knows more than the last value.

    Args:
        loss: `mse` mean squared error, `mae` mean absolute error, `huber` squared near 0 and absolute beyond 1
            (Huber 1964).
        scale: multiplies the loss.

    Example:
        dlx train model=lstm dataset=sunspots dataset.horizon=5
    """

    monitor = "val/loss"

    def __init__(
        self, spec: DataSpec, *, loss: Literal["mse", "mae", "huber"], scale: Annotated[float, Positive]
    ) -> None:
        if spec.target != "series":
            other = "classification" if spec.target == "class" else "regression"
            raise ValueError(f"forecasting needs a series; the data are {spec}; try objective={other}")
        self.kind, self.scale, self.outputs = loss, scale, spec.outputs

    def phases(self) -> list[Phase]:
        """One phase: all parameters, the mean loss of the batch."""
        return [Phase("train", every, self._loss)]

    def _loss(self, predict: Predict, batch: Batch, generator: Generator) -> Tensor:
        return self.loss(predict(batch[0]), batch[1])

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the mean loss of predictions (batch, outputs)."""
        return real_loss(self.kind, self.scale, prediction, target)

    def average(self, outputs: Tensor) -> Tensor:
        """Return the mean prediction of several passes (passes, batch, outputs)."""
        return outputs.mean(0)

    def quick(self, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return what is watched each epoch, as tensors on the device."""
        return {"loss": self.loss(prediction, target)}

    def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
        """Return all metrics of a split, predictions and targets (examples, outputs) in the data's own units."""
        return error_metrics(prediction, target)

    def baseline(self, data: Data, part: Part) -> tuple[str, Tensor]:
        """Return the naive forecast for a part, in the model's units: the last value of each series goes on."""
        assert part.last is not None, "a series has a last value"
        return "persistence", part.last
