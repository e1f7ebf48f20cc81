"""The optimizers of a training and their learning-rate schedules, which advance after each step or each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from dlx.assembly.assembly import Assembly
from dlx.contracts.scheduler import Scheduling
from dlx.step.together import Together


class Schedules:
    """The learning-rate schedules of all optimizers of a training.

    Args:
        schedulers: one for each optimizer of a part.

    Attributes:
        all: the schedulers, in the order in which checkpoints hold them.
    """

    def __init__(self, schedulers: Sequence[Any] = ()) -> None:
        self.all = list(schedulers)
        self._by_step = [each for each in self.all if Scheduling.of(type(each)).interval == "step"]

    def after_step(self) -> None:
        """Advance the schedules that count training steps."""
        for scheduler in self._by_step:
            scheduler.step()

    def after_epoch(self, watched: float) -> None:
        """Advance the schedules that count epochs, some of which look at the monitored metric."""
        for scheduler in self.all:
            if scheduler not in self._by_step:
                scheduler.step(*([watched] if Scheduling.of(type(scheduler)).wants_metric else []))


def optimizers_of(assembly: Assembly, network: nn.Module, fused: bool) -> tuple[list[Optimizer], Schedules]:
    """Return an optimizer for each phase of the objective, and the schedules of all of them.

    Args:
        assembly: the checked configuration with its parts.
        network: the network, on the device on which it is trained.
        fused: use torch's fused implementation of an update where there is one.
    """
    recipe = assembly.recipe
    optimizers: list[Optimizer] = []
    schedulers: list[Any] = []
    for phase in assembly.objective.phases():
        made = recipe.optimizers(phase, network, fused=fused)
        schedulers += [recipe.schedule(each, part) for part, each in made.items()]
        optimizers.append(Together(list(made.values())) if len(made) > 1 else next(iter(made.values())))
    return optimizers, Schedules(schedulers)


def listed(optimizers: Any) -> list[Any]:
    """Return the optimizers of a LightningModule as a list; Lightning gives a single one as it is."""
    return list(optimizers) if isinstance(optimizers, list | tuple) else [optimizers]
