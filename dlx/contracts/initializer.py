"""The contract of the group initializer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from torch import Generator, Tensor, nn

from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.nn.weights import Place


class Initializer(Contract, ABC):
    """A weight initialization.

    Attributes:
        redraws: whether `fill` sets new weights. If true, all biases are set to 0 or `initializer.bias`; if false,
            weights and biases keep torch's default initialization.
    """

    redraws: bool = True

    @abstractmethod
    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Initialize a weight matrix (out, in) or kernel (out, in, *kernel) in place.

        Args:
            weight: the weights.
            place: fans of the layer and the activation after it.
            generator: source of all random numbers.
        """

    def check(self, network: nn.Module) -> None:
        """Check, before training, that this initializer can be applied to a network.

        Raises:
            ValueError: If it cannot; the message names what would fit.
        """

    def refine(self, network: nn.Module, inputs: Tensor) -> None:
        """Adjust the initialized weights to training inputs (examples, *shape); the default changes nothing."""
