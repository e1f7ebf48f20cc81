"""No schedule."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dlx.contracts.scheduler import Scheduler


class NoScheduler(LRScheduler, Scheduler):
    """Keep the step size as the optimizer has it: the baseline of the axis."""

    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:  # type: ignore[override]
        """Return the step sizes unchanged."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]
