"""The common part of datasets of symbol sequences with a symbol as the target of each step."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Label, Table
from dlx.spec import SPECIAL_SYMBOLS, AtLeastTwo, Positive


class Symbols(Dataset):
    """Random sequences of symbols, one-hot, independent and equally likely.

    Args:
        examples: number of sequences.
        length: number of symbols in each sequence.
        symbols: number of different symbols.
        shortest: smallest number of symbols in a sequence; see `load`.
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        length: Annotated[int, Positive],
        symbols: Annotated[int, AtLeastTwo],
        shortest: Annotated[int, Positive] | None = None,
    ) -> None:
        if shortest is not None and shortest > length:
            raise ValueError(f"shortest: expected at most the length {length}, got {shortest}")
        self.examples, self.length, self.symbols, self.shortest = examples, length, symbols, shortest

    @abstractmethod
    def answers(self, drawn: np.ndarray) -> np.ndarray:
        """Return the target of each step (examples, time) of drawn symbols (examples, time)."""

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, symbols), which offer a symbol for each step (examples, length).

        With `shortest`, the number of symbols of each sequence is drawn between it and `length`, each number equally
        likely. The inputs are then symbols (examples, length) from 3 on, the targets have a weight of 0 in the padding,
        and the length of each sequence is recorded as an attribute.
        """
        if self.shortest is not None:
            return self._varied(np.random.default_rng(seed), self.shortest)
        drawn = np.random.default_rng(seed).integers(0, self.symbols, (self.examples, self.length))
        names = tuple(map(str, range(self.symbols)))
        inputs = np.eye(self.symbols, dtype=np.float32)[drawn]
        return Table(inputs, None, "sequence", features=names, offers={"tokens": Label(self.answers(drawn), names)})

    def _varied(self, random: np.random.Generator, shortest: int) -> Table:
        lengths = random.integers(shortest, self.length + 1, self.examples)
        drawn = random.integers(0, self.symbols, (self.examples, self.length))
        answers = np.zeros_like(drawn)
        for length in range(shortest, self.length + 1):
            rows = lengths == length
            answers[rows, :length] = self.answers(drawn[rows, :length])
        present = np.arange(self.length) < lengths[:, None]
        names = tuple(map(str, range(self.symbols)))
        vocabulary = (*SPECIAL_SYMBOLS, *names)
        return Table(
            np.where(present, drawn + len(SPECIAL_SYMBOLS), 0),
            None,
            "tokens",
            features=vocabulary,
            symbols=vocabulary,
            extra={"length": lengths},
            offers={"tokens": Label(answers, names, weights=present.astype(np.float32))},
        )
