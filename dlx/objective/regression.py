"""Regression."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Tensor

from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import RealTargets
from dlx.spec import DataSpec, Positive


class Regression(RealTargets):
    """Predict real numbers; the loss is computed on standardized targets, the metrics in the original units.

    Args:
        loss: `mse` is the mean squared error, `mae` the mean absolute error, `huber` is quadratic for errors below 1
            and linear beyond (Huber 1964), `bernoulli` is the negative log-likelihood of targets 0 and 1 under
            predicted probabilities (Bishop 2006, eq. 4.90), for models that return probabilities.
        scale: factor on the loss.

    Example:
        dlx train dataset=diabetes objective.loss=huber
    """

    targets = ("number", "series")
    usual_for = ("number",)

    def __init__(
        self,
        spec: DataSpec,
        model: str,
        *,
        loss: Literal["mse", "mae", "huber", "bernoulli"],
        scale: Annotated[float, Positive],
    ) -> None:
        if loss == "bernoulli" and model != "bernoulli":
            raise ValueError(
                f"loss: bernoulli needs predicted probabilities; expected model=bernoulli, got model={model}"
            )
        super().__init__(spec, loss, scale)

    def check(self, data: Data) -> None:
        """Check that targets are between 0 and 1 if the loss is `bernoulli`.

        Raises:
            ValueError: If they are not.
        """
        targets = data.train.targets
        if self.kind == "bernoulli" and not bool(((targets >= 0) & (targets <= 1)).all()):
            raise ValueError(
                "loss: bernoulli needs targets between 0 and 1, as in dataset=bernoulli (with standardize=false)"
            )

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the mean of the training targets for every example, in the model's units."""
        return "mean", data.train.targets.mean(0).expand_as(part.targets)
