"""Latch problem."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive


class Latch(Dataset):
    """The first steps determine the class, all others are noise (Bengio, Simard & Frasconi 1994).

    In the first `signal` steps the input is +1 or -1, the class; after them it is Gaussian noise. A model must latch
    one bit.

    Args:
        examples: number of sequences.
        length: number of steps in each sequence.
        signal: number of steps that show the class.
        noise: standard deviation of the noise in the other steps.

    Example:
        dlx train -m dataset=latch model=rnn,lstm dataset.length=20,50
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        length: Annotated[int, Positive],
        signal: Annotated[int, Positive],
        noise: Annotated[float, NonNegative],
    ) -> None:
        if signal > length:
            raise ValueError(f"signal: expected at most the length {length}, got {signal}")
        self.examples, self.length, self.signal, self.noise = examples, length, signal, noise

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, 1) and classes (examples,), 1 for +1."""
        random = np.random.default_rng(seed)
        targets = np.arange(self.examples) % 2
        inputs = self.noise * random.standard_normal((self.examples, self.length, 1))
        inputs[:, : self.signal] = (2 * targets - 1)[:, None, None]
        return Table(inputs.astype(np.float32), targets, "sequence", features=("value",), classes=("minus", "plus"))
