"""The contract of the group dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.data.raw import Series, Table


class Dataset(Contract, ABC):
    """A source of examples, before splitting and scaling."""

    @abstractmethod
    def load(self, seed: int) -> Table | Series:
        """Return all examples, or a series.

        Args:
            seed: seed of a synthetic dataset, which must use no other source of random numbers.
        """
