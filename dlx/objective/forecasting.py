"""Forecasting of time series."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Tensor

from dlx.data.prepared import Data, Split
from dlx.objective._real_targets import RealTargets
from dlx.spec import DataSpec, Positive


class Forecasting(RealTargets):
    """Forecast the next values of a series from a window of past values (Box & Jenkins 1970).

    The loss is computed on standardized values, the metrics in the original units. `skill` is 1 - MSE / MSE of the
    persistence forecast, which repeats the last value; it is above 0 if the model is better than persistence.

    Args:
        loss: `mse` is the mean squared error, `mae` the mean absolute error, `huber` is quadratic for errors below 1
            and linear beyond (Huber 1964).
        scale: factor on the loss.

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
        """Return the persistence forecast, which repeats the last value of each series, in the model's units."""
        assert part.last is not None, "a series has a last value"
        return "persistence", part.last
