"""Early stopping."""

from __future__ import annotations

from typing import Annotated

from dlx.contracts.regularizer import Regularizer
from dlx.spec import NonNegative


class EarlyStopping(Regularizer):
    """End the training when the monitored validation metric has not improved for `patience` epochs (Prechelt 1998).

    What is monitored is `trainer.monitor`; which weights are tested is `trainer.test_weights`.

    Args:
        patience: epochs without improvement that are borne; null equals `none`.
        min_delta: an improvement counts only from this size on.

    Example:
        dlx train regularizer=early_stopping regularizer.early_stopping.patience=5
    """

    def __init__(
        self, *, patience: Annotated[int, NonNegative] | None = None, min_delta: Annotated[float, NonNegative] = 0.0
    ) -> None:
        self.patience, self.min_delta = patience, min_delta
        self.active = self.patience is not None

    def stops(self, history: list[float], mode: str) -> bool:
        """Tell whether to stop after an epoch.

        Args:
            history: the monitored metric of each epoch so far.
            mode: `min` or `max`, the direction of improvement.
        """
        if self.patience is None or not history:
            return False
        sign = 1 if mode == "min" else -1
        best, since = float("inf"), 0
        for value in history:
            improved = sign * value < best - self.min_delta
            best, since = (sign * value, 0) if improved else (best, since + 1)
        return since > self.patience
