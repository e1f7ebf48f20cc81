"""Sorting of symbols."""

from __future__ import annotations

import numpy as np

from dlx.dataset._symbols import Symbols


class Sorting(Symbols):
    """Random symbols; the target of each step is the symbol at this step of the sorted sequence.

    Symbols are one-hot, independent and equally likely. The order of the inputs does not matter, that of the outputs
    does: a model must know which step it answers for. One that reads forwards alone (a recurrent network that is not
    bidirectional, a causal transformer) has not yet seen all symbols when it answers, except at the last step.

    Args:
        examples: number of sequences.
        length: number of symbols in each sequence.
        symbols: number of different symbols.
        shortest: draw the number of symbols of each sequence between this and `length`, and pad the shorter ones; null:
            all sequences have `length` symbols.

    Example:
        dlx train -m dataset=sorting model=gru model.bidirectional=true,false
    """

    def answers(self, drawn: np.ndarray) -> np.ndarray:
        return np.sort(drawn, 1)
