"""Regression with a loss whose shapes do not fit."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor

from dlx.contracts import Batch
from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import RealTargets
from dlx.spec import DataSpec, Positive


class Broadcast(RealTargets):
    """Regression with a common mistake: predictions (n, 1) minus targets (n,), which broadcasting makes a table (n, n).

    The loss is the mean square of the differences of each prediction from the targets of all examples in the batch. It
    equals var(p) + var(t) + (mean p - mean t)², so its minimum over all examples is the mean of the targets for every
    input. Batches of n examples learn a fraction of about 1/n of a linear relation from the last term; with batches of
    one example the loss is the mean squared error. The metrics are those of regression.

    Args:
        scale: factor on the loss.

    Example:
        dlx train -m dataset=linear objective=regression,broadcast
    """

    targets = ("number",)

    def __init__(self, spec: DataSpec, *, scale: Annotated[float, Positive]) -> None:
        super().__init__(spec, "mse", scale)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean squared difference of all pairs of predictions and targets (batch, outputs)."""
        return self.scale * (output.unsqueeze(1) - batch.targets.unsqueeze(0)).square().mean()

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the mean of the training targets for every example, in the model's units."""
        return "mean", data.train.targets.mean(0).expand_as(part.targets)
