"""Linear warm-up, then cosine annealing."""

from __future__ import annotations

import math
from typing import Annotated

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from dlx.contracts.scheduler import Scheduler
from dlx.spec import BelowOne, Fraction


class WarmupCosine(LRScheduler, Scheduler):
    """Linear warm-up (Goyal et al. 2017), then cosine annealing (Loshchilov & Hutter 2017).

    The learning rate changes with every training step: after t of T steps, w of them warm-up, it is lr · (start_factor
    + (1 - start_factor) · t/w) for t < w, then lr · (end_factor + (1 - end_factor) · (1 + cos(pi (t - w)/(T - w)))/2).

    Args:
        warmup: fraction of all steps used for the warm-up.
        start_factor: initial learning rate, as a fraction of `optimizer.lr`.
        end_factor: final learning rate, as a fraction of `optimizer.lr`.

    Example:
        dlx train -m scheduler=warmup_cosine scheduler.warmup=0,0.1,0.3 optimizer.lr=1e-2
    """

    interval = "step"

    def __init__(
        self,
        optimizer: Optimizer,
        steps: int,
        *,
        warmup: Annotated[float, BelowOne],
        start_factor: Annotated[float, Fraction],
        end_factor: Annotated[float, Fraction],
    ) -> None:
        self.steps, self.rise = steps, int(warmup * steps)
        self.start_factor, self.end_factor = start_factor, end_factor
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:  # type: ignore[override]
        """Return the learning rates after `last_epoch` steps (torch's name for its counter)."""
        done = min(self.last_epoch, self.steps)
        if done < self.rise:
            factor = self.start_factor + (1 - self.start_factor) * done / self.rise
        else:
            wave = (1 + math.cos(math.pi * (done - self.rise) / max(self.steps - self.rise, 1))) / 2
            factor = self.end_factor + (1 - self.end_factor) * wave
        return [float(base) * factor for base in self.base_lrs]
