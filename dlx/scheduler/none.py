"""Constant learning rate."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dlx.contracts.scheduler import Scheduler


class NoScheduler(LRScheduler, Scheduler):
    """Keep the learning rate of the optimizer constant."""

    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:  # type: ignore[override]
        """Return the learning rates unchanged."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]
