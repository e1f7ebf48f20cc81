"""The contract of the group normalization."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

from torch import nn

from dlx.contracts.contract import Contract

Network = TypeVar("Network", bound=nn.Module)


class Normalization(Contract, ABC):
    """A factory of normalization layers, or a reparametrization of the weights (weight normalization)."""

    @abstractmethod
    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return a layer for inputs (batch, features, *space).

        Args:
            features: number of features or channels.
            dimensions: number of axes after the batch axis: 1 for vectors, 2 for maps over time, 3 for images.
        """

    def wrap(self, network: Network) -> Network:
        """Return the network with normalized weights; called after initialization. The default changes nothing."""
        return network
