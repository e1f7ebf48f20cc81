"""Copy problem."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive


class CopyMemory(Dataset):
    """Remember bits over a delay and reproduce them at the end (after Hochreiter & Schmidhuber 1997).

    The first `bits` steps show +1 or -1, then `delay` steps show 0, and at the last step a second input is 1, the
    signal to answer. The targets are the bits as numbers; a model without memory has a mean squared error of 1.

    Args:
        examples: number of sequences.
        bits: number of bits to remember.
        delay: number of empty steps between the bits and the answer.

    Example:
        dlx train dataset=copy_memory model=lstm dataset.delay=20
    """

    def __init__(
        self, *, examples: Annotated[int, Positive], bits: Annotated[int, Positive], delay: Annotated[int, NonNegative]
    ) -> None:
        self.examples, self.bits, self.delay = examples, bits, delay

    def load(self, seed: int) -> Table:
        """Return sequences (examples, bits + delay + 1, 2) and bits (examples, bits)."""
        bits = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.float32), (self.examples, self.bits))
        inputs = np.zeros((self.examples, self.bits + self.delay + 1, 2), dtype=np.float32)
        inputs[:, : self.bits, 0] = bits
        inputs[:, -1, 1] = 1
        return Table(inputs, bits, "sequence", features=("bit", "answer"))
