"""The contract of the group transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import Tensor, nn

from dlx.contracts.contract import Contract
from dlx.contracts.hooks import Hooks

if TYPE_CHECKING:
    from dlx.nn.source import Copied, Source


class Transfer(Hooks, Contract):
    """The use of weights that are copied from another run: hooks of a training step, and what stays frozen.

    The keys `source` and `output` belong to all options that copy (`dlx.config.shared_keys.SourceKeys`).

    Attributes:
        copies: whether weights are copied at all.
    """

    copies: ClassVar[bool] = True
    biases: bool = True

    def check(self, copied: Copied, source: Source) -> None:
        """Check, before training, that the source has what is needed.

        Args:
            copied: names of the weights that are copied.
            source: the other run.

        Raises:
            ValueError: If it has not; the message names what would fit.
        """

    def frozen(self, network: nn.Module, copied: Copied, inputs: Tensor) -> set[str]:
        """Return the names of the weights, buffers included, that keep the values of the source during training.

        Args:
            network: the network with the copied weights, or a draft of it.
            copied: names of the weights that are copied.
            inputs: a few inputs of a forward pass.

        Raises:
            ValueError: If nothing can be frozen; the message names what would fit.
        """
        return set()

    def begin(self, network: nn.Module, copied: Copied, source: Source) -> None:
        """Note what the hooks need of the network, which has the copied weights, before training."""
