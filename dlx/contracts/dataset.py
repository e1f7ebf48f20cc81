"""The contract of the group dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.data.raw import Series, Table


class Dataset(Contract, ABC):
    """A source of examples, before splitting and scaling.

    Attributes:
        recorded_with: keys of the group with what the identity of a run records beside them where they are set; so a
            change of their meaning gives these runs another identity, and no others.
        seeded: whether the examples depend on the seed; a file is read once for all seeds.
        files: keys that name a file or a folder of the user's; where it changes, it is read again.
    """

    recorded_with: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    seeded: ClassVar[bool] = True
    files: ClassVar[tuple[str, ...]] = ("path",)

    @abstractmethod
    def load(self, seed: int) -> Table | Series:
        """Return all examples, or a series.

        Args:
            seed: seed of a synthetic dataset, which must use no other source of random numbers.
        """
