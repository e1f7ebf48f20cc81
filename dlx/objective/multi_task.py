"""Several regression tasks at once."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from torch import Tensor

from dlx.contracts import Batch
from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import RealTargets
from dlx.spec import DataSpec, NonNegative, Positive

SMALLEST = 1e-6  # mean squared error below which the weight of a task no longer grows


class MultiTask(RealTargets):
    """Learn several regression tasks with shared hidden layers (Caruana 1997): each target is a task.

    Each task has a head of its own, a unit of the output layer, and a loss L_k, the mean squared error of its
    standardized targets. With `weighting=sum` the loss is sum_k L_k, with `fixed` sum_k w_k L_k; tasks of weight 0 do
    not take part. `uncertainty` is sum_k L_k/(2 s_k) + log(s_k)/2 (after Kendall et al. 2018, eq. 7). There the
    variance s_k of the noise of a task is a trained parameter; here it is at its optimum for the batch, s_k = L_k, so
    that the gradient of each task is divided by twice its loss. `metrics.by=output` reports each task.

    Args:
        weighting: sum, fixed or uncertainty.
        weights: weights of the tasks for `fixed`, one for each target; null for the others.
        scale: factor on the loss.

    Example:
        dlx train objective=multi_task dataset=teacher dataset.tasks=10 metrics.by=output
    """

    targets = ("number",)

    def __init__(
        self,
        spec: DataSpec,
        *,
        weighting: Literal["sum", "fixed", "uncertainty"],
        weights: Annotated[list[float], NonNegative] | None,
        scale: Annotated[float, Positive],
    ) -> None:
        super().__init__(spec, "mse", scale)
        if (weights is None) is (weighting == "fixed"):
            raise ValueError(f"weights: {'needed' if weights is None else 'expected null'} with weighting={weighting}")
        if weights is not None and (len(weights) != spec.outputs or not any(weights)):
            raise ValueError(f"weights: expected {spec.outputs} numbers, not all 0, one for each task; got {weights}")
        self.weighting = weighting
        self.weights = torch.tensor(weights or spec.outputs * [1.0], dtype=torch.float64)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the weighted loss of predictions (batch, tasks)."""
        each = (output - batch.targets).square().mean(0)
        if self.weighting == "uncertainty":
            return self.scale * (0.5 + 0.5 * each.clamp_min(SMALLEST).log()).sum()
        return self.scale * (self.weights.to(each) * each).sum()

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the mean of the training targets for every example, in the model's units."""
        return "mean", data.train.targets.mean(0).expand_as(part.targets)
