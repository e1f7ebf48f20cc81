"""Logic gates."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive

GATES = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


class Logic(Dataset):
    """The truth table of a gate with two binary inputs, each row equally often.

    `and` and `or` are linearly separable; `xor` is not and needs a hidden layer (Minsky & Papert 1969).

    Args:
        gate: `and`, `or`, or `xor` (one of the two, not both).
        copies: number of examples of each of the four rows.
        noise: standard deviation of the Gaussian noise on the inputs.

    Example:
        dlx train -m dataset=logic dataset.gate=and,or,xor model=linear,mlp
    """

    def __init__(
        self,
        *,
        gate: Literal["and", "or", "xor"],
        copies: Annotated[int, Positive],
        noise: Annotated[float, NonNegative],
    ) -> None:
        self.gate, self.copies, self.noise = gate, copies, noise

    def load(self, seed: int) -> Table:
        """Return inputs (4 copies, 2) and truth values (4 copies,)."""
        rows = np.tile(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), (self.copies, 1))
        targets = GATES[self.gate](rows[:, 0], rows[:, 1]).astype(np.int64)
        inputs = rows + self.noise * np.random.default_rng(seed).standard_normal(rows.shape)
        return Table(inputs.astype(np.float32), targets, features=("a", "b"), classes=("false", "true"))
