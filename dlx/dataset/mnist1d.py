"""Digits as curves of 40 points."""

from __future__ import annotations

import random
from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.errors import ConfigError
from dlx.spec import Positive

CLASSES = 10


class MNIST1D(Dataset):
    """Curves of 40 steps in ten classes, generated: shifted, scaled, sheared and noisy shapes of the digits 0 to 9.

    MNIST-1D (Greydanus & Kobak 2020), from the authors' package mnist1d, an extra: `pip install mnist1d`. A fifth of
    the curves is the test split, as theirs. By their account a linear model, a multilayer perceptron, a convolutional
    and a recurrent network differ more on it than on MNIST.

    Args:
        examples: number of curves, equally many of each class; theirs are 5,000, with the seed 42.

    Example:
        dlx train -m dataset=mnist1d model=linear,mlp,cnn,gru
    """

    def __init__(self, *, examples: Annotated[int, Positive]) -> None:
        if examples % (5 * CLASSES):
            raise ValueError(f"examples: expected a multiple of {5 * CLASSES}, got {examples}")
        self.examples = examples

    def load(self, seed: int) -> Table:
        """Return curves (examples, 40, 1) and their classes (examples,).

        Raises:
            ConfigError: the package is not installed.
        """
        try:
            from mnist1d.data import get_dataset_args, make_dataset
        except ImportError as error:
            raise ConfigError(
                f"dataset: mnist1d, which generates the curves, is not installed ({error}); type: pip install mnist1d"
            ) from None

        known = random.getstate(), np.random.get_state()
        wanted = get_dataset_args()
        wanted.num_samples, wanted.seed = self.examples, seed % 2**32
        try:
            made = make_dataset(wanted)  # which sets the seeds of Python and of NumPy
        finally:
            random.setstate(known[0])
            np.random.set_state(known[1])
        inputs = np.concatenate([made["x"], made["x_test"]]).astype(np.float32)[:, :, None]
        targets = np.concatenate([made["y"], made["y_test"]]).astype(np.int64)
        parts = (len(made["y"]), 0, len(made["y_test"]))
        return Table(inputs, targets, "sequence", classes=tuple(map(str, range(CLASSES))), parts=parts)
