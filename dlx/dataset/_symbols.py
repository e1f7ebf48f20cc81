"""The common part of datasets of symbol sequences with a symbol as the target of each step."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Label, Table
from dlx.spec import AtLeastTwo, Positive


class Symbols(Dataset):
    """Random sequences of symbols, one-hot, independent and equally likely.

    Args:
        examples: number of sequences.
        length: number of symbols in each sequence.
        symbols: number of different symbols.
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        length: Annotated[int, Positive],
        symbols: Annotated[int, AtLeastTwo],
    ) -> None:
        self.examples, self.length, self.symbols = examples, length, symbols

    @abstractmethod
    def answers(self, drawn: np.ndarray) -> np.ndarray:
        """Return the target of each step (examples, length) of the drawn symbols (examples, length)."""

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, symbols), which offer a symbol for each step (examples, length)."""
        drawn = np.random.default_rng(seed).integers(0, self.symbols, (self.examples, self.length))
        names = tuple(map(str, range(self.symbols)))
        inputs = np.eye(self.symbols, dtype=np.float32)[drawn]
        return Table(inputs, None, "sequence", features=names, offers={"tokens": Label(self.answers(drawn), names)})
