"""Linear regression data."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import NonNegative, Positive


class Linear(Dataset):
    """`y = x·w + b + noise` with known w and b: standard normal inputs, w of length 1 in a random direction.

    The best possible mean squared error is target_noise² and the best R² is 1 / (1 + target_noise²).

    Args:
        examples: number of examples.
        dimensions: number of inputs.
        nonzero: number of coefficients that are not 0; null: all.
        target_noise: standard deviation of the Gaussian noise on y.
        design: `random` draws new inputs for each seed; `fixed` uses the same inputs, so that seeds differ only in
            noise.

    Example:
        dlx train dataset=linear model=linear dataset.target_noise=0.5
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        dimensions: Annotated[int, Positive],
        nonzero: Annotated[int, Positive] | None,
        target_noise: Annotated[float, NonNegative],
        design: Literal["fixed", "random"],
    ) -> None:
        if nonzero is not None and nonzero > dimensions:
            raise ValueError(f"nonzero: expected at most the {dimensions} dimensions, got {nonzero}")
        self.examples, self.dimensions, self.nonzero = examples, dimensions, nonzero or dimensions
        self.target_noise, self.design = target_noise, design

    def load(self, seed: int) -> Table:
        """Return inputs (examples, dimensions), targets (examples, 1), and the truth: coefficients and intercept."""
        random = np.random.default_rng(seed)
        noise = random.standard_normal(self.examples)
        fixed = np.random.default_rng(0) if self.design == "fixed" else random
        inputs = fixed.standard_normal((self.examples, self.dimensions))
        coefficients = fixed.standard_normal(self.dimensions)
        coefficients[self.nonzero :] = 0
        coefficients /= np.linalg.norm(coefficients)
        intercept = fixed.standard_normal()
        targets = inputs @ coefficients + intercept + self.target_noise * noise
        return Table(
            inputs.astype(np.float32),
            targets[:, None].astype(np.float32),
            features=tuple(f"x{number}" for number in range(1, self.dimensions + 1)),
            truth={"coefficients": coefficients, "intercept": np.array(intercept)},
        )
