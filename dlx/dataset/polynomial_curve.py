"""Noisy points on a curve."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import AtLeastTwo, NonNegative

CURVES = {
    "sine": lambda x: np.sin(np.pi * x),
    "cubic": lambda x: 4 * x**3 - 3 * x,
    "runge": lambda x: 1 / (1 + 25 * x**2),
}


class PolynomialCurve(Dataset):
    """`y = f(x) + noise` for x in [-1, 1], to fit polynomials of low and high degree to.

    Args:
        examples: number of examples.
        curve: `sine` sin(πx); `cubic` 4x³ - 3x (the third Chebyshev polynomial); `runge` 1 / (1 + 25x²), at whose ends
            interpolating polynomials oscillate (Runge 1901).
        target_noise: standard deviation of the Gaussian noise on y.
        design: `fixed` spaces x equally, so that seeds differ only in noise; `random` draws x uniformly.

    Example:
        dlx train -m dataset=polynomial_curve model=polynomial model.degree=1,3,9
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, AtLeastTwo],
        curve: Literal["sine", "cubic", "runge"],
        target_noise: Annotated[float, NonNegative],
        design: Literal["fixed", "random"],
    ) -> None:
        self.examples, self.curve, self.target_noise, self.design = examples, curve, target_noise, design

    def load(self, seed: int) -> Table:
        """Return x (examples, 1), y (examples, 1), and the truth: the curve without noise (examples,)."""
        random = np.random.default_rng(seed)
        noise = random.standard_normal(self.examples)
        x = np.linspace(-1, 1, self.examples) if self.design == "fixed" else random.uniform(-1, 1, self.examples)
        curve = CURVES[self.curve](x)
        y = curve + self.target_noise * noise
        return Table(
            x[:, None].astype(np.float32), y[:, None].astype(np.float32), features=("x",), extra={"curve": curve}
        )
