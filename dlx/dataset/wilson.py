"""Least squares on which adaptive optimizers fail to generalize."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, OpenFraction

OWN = 5  # places set aside for each example


class Wilson(Dataset):
    """A least-squares problem on which AdaGrad and Adam miss the only useful input (Wilson et al. 2017, section 3.3).

    With label y = ±1: input 1 is y, inputs 2 and 3 are always 1, and each example has five inputs of its own, of which
    a positive example sets the first to 1 and a negative one all five. Gradient descent finds input 1 and makes no
    error; adaptive methods rely on the inputs that a new example does not have, and predict the positive class for
    everything.

    Args:
        examples: total number of examples; the inputs have 3 + 5 x examples dimensions.
        prevalence: fraction of the positive class, above 1/2 in the paper.

    Example:
        dlx train -m dataset=wilson model=linear objective.loss=mse optimizer=gd,adam
    """

    def __init__(self, *, examples: Annotated[int, AtLeastTwo], prevalence: Annotated[float, OpenFraction]) -> None:
        self.examples, self.prevalence = examples, prevalence

    def load(self, seed: int) -> Table:
        """Return inputs (examples, 3 + 5 examples) and classes (examples,), 1 the positive one."""
        positive = np.random.default_rng(seed).permutation(self.examples) < round(self.prevalence * self.examples)
        inputs = np.zeros((self.examples, 3 + OWN * self.examples), dtype=np.float32)
        inputs[:, 0] = np.where(positive, 1, -1)
        inputs[:, 1:3] = 1
        own = inputs[:, 3:].reshape(self.examples, self.examples, OWN)
        numbers = np.arange(self.examples)
        own[numbers, numbers] = np.where(positive[:, None], [1, 0, 0, 0, 0], 1)
        return Table(inputs, positive.astype(np.int64), classes=("negative", "positive"))
