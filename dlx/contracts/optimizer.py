"""The contract of the group optimizer, and the corresponding properties of torch's own optimizers."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from dlx.contracts.contract import Contract

StepsBy = Literal["gradient", "closure", "solve"]


class Optimizer(Contract):
    """The attributes that a `torch.optim.Optimizer` may declare in addition to torch's interface.

    Attributes:
        steps_by: how `step` is called. `gradient`: without an argument, after the gradients have been computed.
            `closure`: with a function that recomputes the gradients and returns the loss, as in torch.optim.LBFGS.
            `solve`: with a function that returns the loss with its graph; the optimizer minimizes it in one step.
            None: `closure` for subclasses of torch.optim.LBFGS, else `gradient`.
        fused: whether the constructor accepts torch's `fused=True`, which performs the step in one kernel on the CPU.
        full_batch: whether a step needs the whole training split; always true if `steps_by` is `closure`.
        unused: keys that have no effect and are left out of the identity of a run. It is read from the source file, so
            it must be a literal.
        finished: set to True by an optimizer that has converged; the run then ends. Its `state_dict` must contain it,
            so that a resumed run does not step again.
    """

    positional: ClassVar[int] = 1  # the parameters
    given: ClassVar[tuple[str, ...]] = ("fused",)
    steps_by: StepsBy | None = None
    fused: bool = False
    full_batch: bool = False
    unused: tuple[str, ...] = ()
    finished: bool = False


def how_it_steps(optimizer: type) -> StepsBy:
    """Return `steps_by` of a class of optimizers, as declared or derived from its base class in torch."""
    declared = optimizer.steps_by if issubclass(optimizer, Optimizer) else None
    return declared or ("closure" if issubclass(optimizer, torch.optim.LBFGS) else "gradient")


@dataclass(frozen=True)
class Stepping:
    """The properties of a class of optimizers, including torch's own; the attributes are those of `Optimizer`."""

    steps_by: StepsBy
    fused: bool
    full_batch: bool

    @classmethod
    def of(cls, optimizer: type) -> Stepping:
        """Return the declared properties of a class, or for one of torch those of its base class and signature."""
        steps_by = how_it_steps(optimizer)
        if issubclass(optimizer, Optimizer):
            return cls(steps_by, optimizer.fused, optimizer.full_batch or steps_by == "closure")
        return cls(steps_by, "fused" in inspect.signature(optimizer).parameters, steps_by == "closure")


def is_finished(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether an optimizer has converged; it is always False for torch's own optimizers."""
    return isinstance(optimizer, Optimizer) and optimizer.finished
