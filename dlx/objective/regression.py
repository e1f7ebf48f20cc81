"""Which number?"""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Tensor

from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import RealTargets
from dlx.spec import DataSpec, Positive


class Regression(RealTargets):
    """Real targets; the loss is taken on standardised targets, the metrics in the data's own units.

    Args:
        loss: `mse` mean squared error, `mae` mean absolute error, `huber` squared near 0 and absolute beyond 1
            (Huber 1964); `bernoulli` -log p of targets 0 and 1 under predicted chances p (Bishop 2006,
            eq. 4.90), for models that return chances.
        scale: multiplies the loss.

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
            raise ValueError(f"loss: bernoulli needs predicted chances; expected model=bernoulli, got model={model}")
        super().__init__(spec, loss, scale)

    def check(self, data: Data) -> None:
        """Refuse targets that are no tosses of a coin beside the likelihood of one."""
        targets = data.train.targets
        if self.kind == "bernoulli" and not bool(((targets >= 0) & (targets <= 1)).all()):
            raise ValueError(
                "loss: bernoulli needs targets between 0 and 1, as in dataset=bernoulli (with standardize=false)"
            )

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the naive prediction for a part, in the model's units: the mean of the training targets."""
        return "mean", data.train.targets.mean(0).expand_as(part.targets)
