"""The contract of the group normalization."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

from torch import nn

from dlx.contracts.contract import Contract

Network = TypeVar("Network", bound=nn.Module)


class Normalization(Contract, ABC):
    """A maker of normalization layers, or a normalization of the weights themselves."""

    @abstractmethod
    def __call__(self, features: int, dimensions: int) -> nn.Module:
        """Return the layer for (batch, features, *space) with so many axes behind the batch (1 = vectors)."""

    def wrap(self, network: Network) -> Network:
        """Return the network with its weights normalized, after they have been filled; by default as it is."""
        return network
