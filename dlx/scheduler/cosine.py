"""Cosine annealing of the learning rate."""

from __future__ import annotations

from typing import Annotated

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR

from dlx.contracts.scheduler import Scheduler
from dlx.spec import NonNegative


class Cosine(CosineAnnealingLR, Scheduler):
    """Cosine annealing: eta(t) = eta_min + (lr - eta_min) (1 + cos(pi t / T_max)) / 2 (Loshchilov & Hutter 2017).

    Args:
        T_max: number of epochs of half a period; default: the epochs of the run.
        eta_min: final learning rate.

    Example:
        dlx train scheduler=cosine
    """

    def __init__(
        self,
        optimizer: Optimizer,
        *,
        T_max: Annotated[int, NonNegative],  # noqa: N803 (torch's name)
        eta_min: Annotated[float, NonNegative],
    ) -> None:
        if T_max < 1:
            raise ValueError(
                "T_max: cosine needs at least one epoch, got 0; it is trainer.max_epochs unless it is given; expected "
                "scheduler=none for a run without training"
            )
        super().__init__(optimizer, T_max, eta_min)
