"""Two classes with linear log-odds."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Positive


class Logistic(Dataset):
    """Classes drawn with `P(1 | x) = 1 / (1 + exp(-x·w - b))` and known w and b: standard normal inputs.

    Logistic regression is the true model (Cox 1958): its coefficients are log odds ratios, and it is calibrated.

    Args:
        examples: number of examples.
        dimensions: number of inputs.
        scale: norm of w; with larger values the classes overlap less.
        intercept: b; 0 makes both classes equally frequent.
        design: `random` draws new inputs for each seed; `fixed` uses the same inputs and w, so that seeds differ only
            in the drawn classes.

    Example:
        dlx train dataset=logistic model=logistic dataset.scale=3
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        dimensions: Annotated[int, Positive],
        scale: Annotated[float, Positive],
        intercept: float,
        design: Literal["fixed", "random"],
    ) -> None:
        self.examples, self.dimensions, self.scale, self.intercept = examples, dimensions, scale, intercept
        self.design = design

    def load(self, seed: int) -> Table:
        """Return inputs (examples, dimensions), classes (examples,), and the truth: coefficients and intercept."""
        random = np.random.default_rng(seed)
        fixed = np.random.default_rng(0) if self.design == "fixed" else random
        inputs = fixed.standard_normal((self.examples, self.dimensions))
        coefficients = fixed.standard_normal(self.dimensions)
        coefficients *= self.scale / np.linalg.norm(coefficients)
        probability = 1 / (1 + np.exp(-inputs @ coefficients - self.intercept))
        targets = (random.random(self.examples) < probability).astype(np.int64)
        return Table(
            inputs.astype(np.float32),
            targets,
            features=tuple(f"x{number}" for number in range(1, self.dimensions + 1)),
            classes=("0", "1"),
            truth={"coefficients": coefficients, "intercept": np.array(self.intercept)},
        )
