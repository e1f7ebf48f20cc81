"""The contract of the group initializer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from torch import Generator, Tensor, nn

from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.nn.weights import Place


class Initializer(Contract, ABC):
    """A distribution of first weights.

    Attributes:
        redraws: whether `fill` draws the weights anew. False keeps torch's own draw, biases included; otherwise all
            biases become 0, or `initializer.bias`.
    """

    redraws: bool = True

    @abstractmethod
    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix (out, in) or kernel (out, in, *kernel) in place."""

    def check(self, network: nn.Module) -> None:
        """Refuse a network that this initializer cannot fill, before anything is trained.

        Raises:
            ValueError: names what would fit.
        """

    def refine(self, network: nn.Module, inputs: Tensor) -> None:
        """Change the filled weights after a look at training inputs (examples, *shape); by default nothing."""
