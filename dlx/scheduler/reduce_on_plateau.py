"""Learning-rate reduction on a plateau."""

from __future__ import annotations

from typing import Annotated, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlx.contracts.scheduler import Scheduler
from dlx.spec import NonNegative, OpenFraction


class ReduceOnPlateau(ReduceLROnPlateau, Scheduler):
    """Multiply the learning rate by `factor` if `trainer.monitor` has not improved for more than `patience` epochs.

    The direction of improvement follows from the metric.

    Args:
        factor: factor on the learning rate, in (0, 1).
        patience: number of epochs without improvement to tolerate.
        threshold: minimum improvement, relative to the best value.
        cooldown: number of epochs to wait after a reduction before counting again.
        min_lr: lower bound of the learning rate.

    Example:
        dlx train scheduler=reduce_on_plateau trainer.monitor=val/accuracy
    """

    wants_metric = True

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"],
        *,
        factor: Annotated[float, OpenFraction],
        patience: Annotated[int, NonNegative],
        threshold: Annotated[float, NonNegative],
        cooldown: Annotated[int, NonNegative],
        min_lr: Annotated[float, NonNegative],
    ) -> None:
        super().__init__(
            optimizer, mode, factor, patience, threshold, threshold_mode="rel", cooldown=cooldown, min_lr=min_lr
        )
