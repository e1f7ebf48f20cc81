"""Adding problem."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, Positive


class Adding(Dataset):
    """The sum of two marked numbers in a long sequence (Hochreiter & Schmidhuber 1997, experiment 4).

    Each step has a number, uniform in [0, 1], and a marker, 1 at one step of each half and 0 elsewhere. The target is
    the sum of the two marked numbers, at the end of the sequence; its mean is 1 and its variance 1/6, which is the
    error of a model without memory.

    Args:
        examples: number of sequences.
        length: number of steps in each sequence; longer sequences have marked numbers further apart.

    Example:
        dlx train -m dataset=adding model=rnn,lstm dataset.length=20,50
    """

    def __init__(self, *, examples: Annotated[int, Positive], length: Annotated[int, AtLeastTwo]) -> None:
        self.examples, self.length = examples, length

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, 2) and sums (examples, 1)."""
        random = np.random.default_rng(seed)
        inputs = np.zeros((self.examples, self.length, 2), dtype=np.float32)
        inputs[:, :, 0] = random.random((self.examples, self.length))
        half, rows = self.length // 2, np.arange(self.examples)
        for low, high in ((0, half), (half, self.length)):
            inputs[rows, random.integers(low, high, self.examples), 1] = 1
        targets = (inputs[:, :, 0] * inputs[:, :, 1]).sum(1, keepdims=True)
        return Table(inputs, targets, "sequence", features=("number", "marker"))
