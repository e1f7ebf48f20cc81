"""What comes next?"""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Tensor

from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import RealTargets
from dlx.spec import DataSpec, Positive


class Forecasting(RealTargets):
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

    targets = ("series",)
    usual_for = ("series",)

    def __init__(
        self, spec: DataSpec, *, loss: Literal["mse", "mae", "huber"], scale: Annotated[float, Positive]
    ) -> None:
        super().__init__(spec, loss, scale)

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the naive forecast for a part, in the model's units: the last value of each series goes on."""
        assert part.last is not None, "a series has a last value"
        return "persistence", part.last
