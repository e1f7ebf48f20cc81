"""Reversal of symbols."""

from __future__ import annotations

import numpy as np

from dlx.dataset._symbols import Symbols


class Reversal(Symbols):
    """Random symbols; the target of each step is the symbol at the mirrored step, y[t] = x[length - 1 - t].

    Symbols are one-hot, independent and equally likely. A model that knows what stands in a sequence but not where can
    only guess. One that reads forwards alone (a recurrent network that is not bidirectional, a causal transformer) has
    not yet seen the targets of the first half of the steps.

    Args:
        examples: number of sequences.
        length: number of symbols in each sequence.
        symbols: number of different symbols.
        shortest: draw the number of symbols of each sequence between this and `length`, and pad the shorter ones; null:
            all sequences have `length` symbols.

    Example:
        dlx train -m dataset=reversal model=transformer model.positions=none,learned
    """

    def answers(self, drawn: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(drawn[:, ::-1])
