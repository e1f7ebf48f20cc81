"""The contract of the group optimizer, and how torch's own optimizers step."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from dlx.contracts.contract import Contract

StepsBy = Literal["gradient", "closure", "solve"]


class Optimizer(Contract):
    """What a `torch.optim.Optimizer` declares beside torch's own interface.

    Attributes:
        steps_by: what `step` is given: `gradient`, nothing, for the gradients are there; `closure`, a function that
            computes the gradients anew and returns the loss, as torch.optim.LBFGS asks for; `solve`, a function that
            returns the loss with its graph, of which the minimum is taken at once. None: `closure` where the class
            derives from torch.optim.LBFGS, else `gradient`.
        fused: whether the constructor takes torch's `fused=True`, one kernel on the CPU for the whole step.
        full_batch: whether a step needs the whole training split; one that steps by `closure` does.
        unused: keys that have no effect and are no part of a run's identity. It is read from the source, so it has to
            be a literal.
        finished: set to True by an optimizer that has nothing left to do; the run ends then.
    """

    positional: ClassVar[int] = 1  # the parameters
    given: ClassVar[tuple[str, ...]] = ("fused",)
    steps_by: StepsBy | None = None
    fused: bool = False
    full_batch: bool = False
    unused: tuple[str, ...] = ()
    finished: bool = False


def how_it_steps(optimizer: type) -> StepsBy:
    """Return what a class of optimizers declares as `steps_by`, or what follows from its base in torch."""
    declared = optimizer.steps_by if issubclass(optimizer, Optimizer) else None
    return declared or ("closure" if issubclass(optimizer, torch.optim.LBFGS) else "gradient")


@dataclass(frozen=True)
class Stepping:
    """How a class of optimizers steps, one of torch's own too; the attributes are those of `Optimizer`."""

    steps_by: StepsBy
    fused: bool
    full_batch: bool

    @classmethod
    def of(cls, optimizer: type) -> Stepping:
        """Return what a class declares, or what follows for one of torch from its base and its signature."""
        steps_by = how_it_steps(optimizer)
        if issubclass(optimizer, Optimizer):
            return cls(steps_by, optimizer.fused, optimizer.full_batch or steps_by == "closure")
        return cls(steps_by, "fused" in inspect.signature(optimizer).parameters, steps_by == "closure")


def is_finished(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether an optimizer has nothing left to do; those of torch never say so."""
    return isinstance(optimizer, Optimizer) and optimizer.finished
