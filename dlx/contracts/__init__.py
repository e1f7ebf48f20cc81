"""The form of what a run minimises: phases, each a pure function of prediction and batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Generator, Tensor

Batch = tuple[Tensor, Tensor]  # inputs (batch, *shape), targets (batch,) or (batch, outputs)
Predict = Callable[..., Tensor]  # the module itself for one member, functional_call over its tensors for many


class Phase(NamedTuple):
    """One update within a training step; a GAN has two.

    Attributes:
        name: shown in logs: `train`, `generator`, ...
        moves: tells by its name whether a parameter is moved in this phase.
        loss: mean loss of a batch, without side effects; random draws come from the generator alone.
    """

    name: str
    moves: Callable[[str], bool]
    loss: Callable[[Predict, Batch, Generator], Tensor]


def every(name: str) -> bool:
    """Move all parameters."""
    return True
