"""Temporal order problem."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Positive

SYMBOLS = ("a", "b", "c", "d", "X", "Y", "begin", "end")


class TemporalOrder(Dataset):
    """Two distant symbols, each X or Y; the class is their order (Hochreiter & Schmidhuber 1997, experiment 6a).

    Symbols are one-hot. The first of the two is between 10 and 20 % of the sequence, the second between 50 and 60 %;
    all other steps except the first and the last are one of a, b, c, d.

    Args:
        examples: number of sequences.
        length: number of steps in each sequence; 100 to 110 in the paper.

    Example:
        dlx train dataset=temporal_order model=lstm dataset.length=50
    """

    def __init__(self, *, examples: Annotated[int, Positive], length: Annotated[int, Positive]) -> None:
        if length < 10:
            raise ValueError(f"length: expected at least 10, got {length}")
        self.examples, self.length = examples, length

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, 8) and orders (examples,): XX, XY, YX, YY."""
        random = np.random.default_rng(seed)
        symbols = random.integers(0, 4, (self.examples, self.length))
        symbols[:, 0], symbols[:, -1] = SYMBOLS.index("begin"), SYMBOLS.index("end")
        rows, tenth = np.arange(self.examples), self.length // 10
        first, second = random.integers(0, 2, (2, self.examples))
        symbols[rows, random.integers(tenth, 2 * tenth + 1, self.examples)] = SYMBOLS.index("X") + first
        symbols[rows, random.integers(5 * tenth, 6 * tenth + 1, self.examples)] = SYMBOLS.index("X") + second
        inputs = np.eye(len(SYMBOLS), dtype=np.float32)[symbols]
        return Table(inputs, 2 * first + second, "sequence", features=SYMBOLS, classes=("XX", "XY", "YX", "YY"))
