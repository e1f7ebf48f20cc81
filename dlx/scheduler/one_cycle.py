"""One-cycle learning-rate policy."""

from __future__ import annotations

from typing import Annotated

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from dlx.contracts.scheduler import Scheduler
from dlx.spec import OpenFraction, Positive


class OneCycle(OneCycleLR, Scheduler):
    """One-cycle policy: increase the learning rate to `optimizer.lr`, then decrease it far below (Smith & Topin 2019).

    The learning rate changes with every training step, along two half cosines.

    Args:
        pct_start: fraction of all steps in which the learning rate increases.
        div_factor: the initial learning rate is lr / div_factor.
        final_div_factor: the final learning rate is lr / (div_factor · final_div_factor).
        cycle_momentum: cycle momentum (or beta 1) in the opposite direction, between 0.95 and 0.85.

    Example:
        dlx train optimizer=sgd optimizer.lr=0.5 scheduler=one_cycle
    """

    interval = "step"

    def __init__(
        self,
        optimizer: Optimizer,
        steps: int,
        *,
        pct_start: Annotated[float, OpenFraction],
        div_factor: Annotated[float, Positive],
        final_div_factor: Annotated[float, Positive],
        cycle_momentum: bool,
    ) -> None:
        if steps < 1:
            raise ValueError("one_cycle needs at least one training step; trainer.max_epochs is 0")
        super().__init__(
            optimizer,
            max_lr=[float(group["lr"]) for group in optimizer.param_groups],
            total_steps=steps,
            pct_start=pct_start,
            div_factor=div_factor,
            final_div_factor=final_div_factor,
            cycle_momentum=cycle_momentum,
        )
