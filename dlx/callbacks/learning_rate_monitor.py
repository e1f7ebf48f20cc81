"""Lightning's learning-rate monitor."""

from __future__ import annotations

from typing import Literal

from lightning.pytorch import callbacks

from dlx.contracts.callbacks import Callback


class LearningRateMonitor(callbacks.LearningRateMonitor, Callback):
    """Hands the learning rate of each optimizer to the loggers as `lr-Adam`, as Lightning's LearningRateMonitor does.

    The learning rate at the end of each epoch is in every record, as `lr`.

    Args:
        logging_interval: when the learning rate is logged: each step, each epoch, or null: both.
        log_momentum: log the momentum as well.
        log_weight_decay: log the weight decay as well.

    Example:
        dlx train callbacks=learning_rate_monitor scheduler=cosine logger=csv
    """

    def __init__(
        self, *, logging_interval: Literal["step", "epoch"] | None, log_momentum: bool, log_weight_decay: bool
    ) -> None:
        super().__init__(logging_interval, log_momentum, log_weight_decay)
