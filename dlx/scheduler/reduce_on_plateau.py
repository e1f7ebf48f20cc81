"""Smaller steps when nothing improves."""

from __future__ import annotations

from typing import Annotated, Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlx.contracts.scheduler import Scheduler
from dlx.spec import NonNegative, OpenFraction


class ReduceOnPlateau(ReduceLROnPlateau, Scheduler):
    """Multiply the step size by `factor` when `trainer.monitor` has not improved for more than `patience` epochs.

    Whether more or less is better follows from the metric.

    Args:
        factor: what the step size is multiplied by, in (0, 1).
        patience: epochs without improvement that are borne.
        threshold: an improvement counts only if it is larger than this share of the best value.
        cooldown: epochs after a reduction in which nothing is counted.
        min_lr: the step size never falls below this.

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
