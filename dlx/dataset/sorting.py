"""Sorting of symbols."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Label, Table
from dlx.spec import AtLeastTwo, Positive


class Sorting(Dataset):
    """Random symbols; the target of each step is the symbol at this step of the sorted sequence.

    Symbols are one-hot, independent and equally likely. The order of the inputs does not matter, that of the outputs
    does: a model must know which step it answers for. One that reads forwards alone (a recurrent network that is not
    bidirectional, a causal transformer) has not yet seen all symbols when it answers, except at the last step.

    Args:
        examples: number of sequences.
        length: number of symbols in each sequence.
        symbols: number of different symbols.

    Example:
        dlx train -m dataset=sorting model=gru model.bidirectional=true,false
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        length: Annotated[int, Positive],
        symbols: Annotated[int, AtLeastTwo],
    ) -> None:
        self.examples, self.length, self.symbols = examples, length, symbols

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, symbols), which offer a symbol for each step (examples, length)."""
        drawn = np.random.default_rng(seed).integers(0, self.symbols, (self.examples, self.length))
        names = tuple(map(str, range(self.symbols)))
        inputs = np.eye(self.symbols, dtype=np.float32)[drawn]
        return Table(inputs, None, "sequence", features=names, offers={"tokens": Label(np.sort(drawn, 1), names)})
