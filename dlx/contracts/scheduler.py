"""The contract of the group scheduler, and when torch's own schedulers step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlx.contracts.contract import Contract

Interval = Literal["epoch", "step"]


class Scheduler(Contract):
    """What a `torch.optim.lr_scheduler.LRScheduler` declares beside torch's own interface.

    Attributes:
        interval: whether `step` is called after each epoch or after each training step.
        wants_metric: whether `step` is given the monitored metric, as torch's ReduceLROnPlateau is.
    """

    positional: ClassVar[int] = 1  # the optimizer
    given: ClassVar[tuple[str, ...]] = ("steps", "mode")  # training steps of the run; min or max, the better metric
    interval: Interval = "epoch"
    wants_metric: bool = False


@dataclass(frozen=True)
class Scheduling:
    """When a class of schedulers steps, one of torch's own too; the attributes are those of `Scheduler`."""

    interval: Interval
    wants_metric: bool

    @classmethod
    def of(cls, scheduler: type) -> Scheduling:
        """Return what a class declares, or what follows for one of torch from its base."""
        derived = issubclass(scheduler, ReduceLROnPlateau)
        if issubclass(scheduler, Scheduler):
            return cls(scheduler.interval, scheduler.wants_metric or derived)
        return cls("epoch", derived)
