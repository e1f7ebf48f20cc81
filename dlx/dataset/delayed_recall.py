"""Delayed recall."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive


class DelayedRecall(Dataset):
    """Sequences of independent standard normal values; the target is the one `lag` steps before the last.

    A model with a window of more than `lag` steps can solve it exactly; with a shorter one it learns nothing (nmse =
    1).

    Args:
        examples: number of sequences.
        length: number of steps in each sequence.
        lag: number of steps from the target value to the end; 0 is the last step.

    Example:
        dlx train -m dataset=delayed_recall model=tdnn dataset.lag=2,6,10
    """

    def __init__(
        self, *, examples: Annotated[int, Positive], length: Annotated[int, Positive], lag: Annotated[int, NonNegative]
    ) -> None:
        if lag >= length:
            raise ValueError(f"lag: expected less than the length {length}, got {lag}")
        self.examples, self.length, self.lag = examples, length, lag

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, 1) and targets (examples, 1): `x[length - 1 - lag]`."""
        values = np.random.default_rng(seed).standard_normal((self.examples, self.length, 1), dtype=np.float32)
        return Table(values, values[:, self.length - 1 - self.lag].copy(), "sequence", features=("value",))
