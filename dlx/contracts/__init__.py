"""The records of a training step: a batch, the network as an objective sees it, phases, declared metrics.

What the classes of a group have stands in the module of the group's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol

from torch import Generator, Tensor

Tree = Tensor | dict[str, Tensor]  # a tensor, or one for each of several tasks; see dlx/data/tree.py


class Batch(NamedTuple):
    """The examples of a step.

    Attributes:
        inputs: (batch, *shape).
        targets: a Tree: classes (batch,), numbers (batch, outputs), ...; None where there are none.
        weights: what each target counts in the loss, 0 in padding; None: all the same.
    """

    inputs: Tensor
    targets: Any
    weights: Tensor | None = None


class Net(Protocol):
    """The network as an objective sees it: the module itself, or `dlx.step.functional.Functional` for many at once."""

    def __call__(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        """Return the network's outputs."""

    def __getattr__(self, name: str) -> Any:
        """Return a part or a method (`net.generator(z)`), or a plain value (`net.latent`)."""


Loss = Callable[[Net, Batch], Tensor]  # what diagnostics take gradients of, in evaluation


class Phase(NamedTuple):
    """One update within a training step; a GAN has two.

    Attributes:
        name: shown in logs: `train`, `generator`, ...; the phases of an objective have different ones.
        moves: the parts whose parameters are moved; () is all. See `in_part`.
        loss: mean loss of a batch, without side effects; random draws come from the generator alone.
        repeat: updates within a step, each on a batch of its own (the critic of Arjovsky et al. 2017).
        begins: the first step that it takes part in; that of the first phase is 0.
        after: given the moved weights by name, returns those to change behind the update (weight clipping).
    """

    name: str
    moves: tuple[str, ...]
    loss: Callable[[Net, Batch, Generator], Tensor]
    repeat: int = 1
    begins: int = 0
    after: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None

    def takes(self, name: str) -> bool:
        """Return whether a parameter of this name is moved."""
        return not self.moves or any(in_part(name, part) for part in self.moves)


def in_part(name: str, part: str) -> bool:
    """Return whether a parameter belongs to a part: a module by its path; `trunk` is all but the layer `output`."""
    return "output" not in name.split(".") if part == "trunk" else name.startswith(f"{part}.")


class Metric(NamedTuple):
    """A metric as it is declared: which way it is better, and whether it is the first that tables show."""

    better: Literal["min", "max"] = "min"
    headline: bool = False
