"""The contract of the group scheduler, and the corresponding properties of torch's own schedulers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlx.contracts.contract import Contract

Interval = Literal["epoch", "step"]


class Scheduler(Contract):
    """The attributes that a `torch.optim.lr_scheduler.LRScheduler` may declare in addition to torch's interface.

    Attributes:
        interval: whether `step` is called after each epoch or after each training step.
        wants_metric: whether the monitored metric is passed to `step`, as for torch's ReduceLROnPlateau.
    """

    positional: ClassVar[int] = 1  # the optimizer
    # number of training steps; min or max, the better direction of the monitored metric
    given: ClassVar[tuple[str, ...]] = ("steps", "mode")
    interval: Interval = "epoch"
    wants_metric: bool = False


@dataclass(frozen=True)
class Scheduling:
    """The properties of a class of schedulers, including torch's own; the attributes are those of `Scheduler`."""

    interval: Interval
    wants_metric: bool

    @classmethod
    def of(cls, scheduler: type) -> Scheduling:
        """Return the declared properties of a class, or those that follow from its base class in torch."""
        derived = issubclass(scheduler, ReduceLROnPlateau)
        if issubclass(scheduler, Scheduler):
            return cls(scheduler.interval, scheduler.wants_metric or derived)
        return cls("epoch", derived)
