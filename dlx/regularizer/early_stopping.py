"""Early stopping."""

from __future__ import annotations

from typing import Annotated

from dlx.contracts.regularizer import Regularizer
from dlx.spec import NonNegative


class EarlyStopping(Regularizer):
    """Stop training when the monitored validation metric has not improved for `patience` epochs (Prechelt 1998).

    `trainer.monitor` selects the metric, `trainer.test_weights` the weights that are evaluated.

    Args:
        patience: number of epochs without improvement to tolerate; null: no early stopping.
        min_delta: minimum change that counts as an improvement.

    Example:
        dlx train regularizer=early_stopping regularizer.early_stopping.patience=5
    """

    def __init__(
        self, *, patience: Annotated[int, NonNegative] | None = None, min_delta: Annotated[float, NonNegative] = 0.0
    ) -> None:
        self.patience, self.min_delta = patience, min_delta
        self.active = self.patience is not None

    def stops(self, history: list[float], mode: str) -> bool:
        """Return True if training should stop after an epoch.

        Args:
            history: the monitored metric of each epoch so far.
            mode: direction of improvement, `min` or `max`.
        """
        if self.patience is None or not history:
            return False
        sign = 1 if mode == "min" else -1
        best, since = float("inf"), 0
        for value in history:
            improved = sign * value < best - self.min_delta
            best, since = (sign * value, 0) if improved else (best, since + 1)
        return since > self.patience
