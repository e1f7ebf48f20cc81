"""Lightning's early stopping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from lightning.pytorch import callbacks

from dlx.contracts.callbacks import Callback
from dlx.spec import NonNegative


class EarlyStopping(callbacks.EarlyStopping, Callback):
    """Ends the training when a metric has not improved for some epochs, as Lightning's EarlyStopping does.

    `regularizer=early_stopping` does the same on the quick path and can be swept with the other regularizers.

    Args:
        monitor_of_run: the metric that selects the best weights of the run.
        better: function that returns `min` or `max` for the name of a metric.
        monitor: metric to watch, e.g. val/loss; auto: the one that selects the best weights.
        mode: whether smaller (min) or larger (max) values are better; auto: as the objective declares.
        patience: number of epochs without an improvement after which the training ends.
        min_delta: smallest change that counts as an improvement.
        check_finite: end the training when the metric is NaN or infinite.
        stopping_threshold: end the training as soon as the metric is better than this value; null: none.
        divergence_threshold: end the training as soon as the metric is worse than this value; null: none.

    Example:
        dlx train callbacks=early_stopping callbacks.early_stopping.patience=5 trainer.max_epochs=200
    """

    def __init__(
        self,
        monitor_of_run: str,
        better: Callable[[str], str],
        *,
        monitor: str,
        mode: Literal["auto", "min", "max"],
        patience: Annotated[int, NonNegative],
        min_delta: Annotated[float, NonNegative],
        check_finite: bool,
        stopping_threshold: float | None,
        divergence_threshold: float | None,
    ) -> None:
        watched = monitor_of_run if monitor == "auto" else monitor
        super().__init__(
            watched,
            mode=better(watched) if mode == "auto" else mode,
            patience=patience,
            min_delta=min_delta,
            check_finite=check_finite,
            stopping_threshold=stopping_threshold,
            divergence_threshold=divergence_threshold,
        )
