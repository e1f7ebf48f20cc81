"""Standard deviations and variances over seeds, by the jackknife on the log scale (Miller 1968).

The logarithm of a variance is nearly symmetric, its jackknife pseudo-values are nearly independent, and Student's
interval of their mean is one of the logarithm. It is too narrow for skewed data; where they are positive, the interval
of a lognormal variance must agree. Two of them are compared by combining their intervals (Zou and Donner 2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dlx.study.judge.evidence import Agreement, Evidence, Inverted, Student
from dlx.study.judge.skewed import LogVariance, correlation, exp, is_wide, recovered

Statistic = Callable[[np.ndarray], np.ndarray]
SPREADS: dict[str, Statistic] = {
    "sd": lambda x: x.std(-1, ddof=1),
    "variance": lambda x: x.var(-1, ddof=1),
}
POWERS = {"sd": 0.5, "variance": 1.0}  # of the variance


def log_pseudo_values(x: np.ndarray, statistic: Statistic) -> np.ndarray:
    """Return the jackknife pseudo-values (n,) of the logarithm of a statistic of (n,) values (Tukey 1958).

    Where the statistic is not above 0 they are not finite.
    """
    n = len(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.log(statistic(x))
        rest = np.log(statistic(np.stack([np.delete(x, i) for i in range(n)])))
        return n * whole - (n - 1) * rest


def log_spread(x: np.ndarray, across: str) -> Evidence:
    """Return the evidence on the logarithm of the standard deviation or variance of (n,) values."""
    jackknife = Student(log_pseudo_values(x, SPREADS[across]))
    if not is_wide(x):
        return jackknife
    power, model = POWERS[across], LogVariance(np.log(x))

    def bounds(tail: float) -> tuple[float, float]:
        low, high = model.interval(tail)
        return power * low, power * high

    return Agreement([jackknife, Inverted(power * model.value, bounds)])


def compared(left: np.ndarray, right: np.ndarray | float, across: str, ratio: bool) -> Evidence:
    """Return the evidence on the difference, or on the logarithm of the ratio, of two standard deviations or variances.

    Args:
        left: values (n,).
        right: their partners (n,), or a number to compare with.
        across: `sd` or `variance`.
        ratio: True for the logarithm of the ratio.
    """
    scale: Callable[[float], float] = float if ratio else exp
    mine = log_spread(left, across)
    a = scale(mine.value)
    if isinstance(right, float):
        number = math.log(right) if ratio else right

        def one(tail: float) -> tuple[float, float]:
            low, high = mine.interval(tail)
            return scale(low) - number, scale(high) - number

        return Inverted(a - number, one)
    theirs = log_spread(right, across)
    b = scale(theirs.value)
    r = correlation(log_pseudo_values(left, SPREADS[across]), log_pseudo_values(right, SPREADS[across]))

    def two(tail: float) -> tuple[float, float]:
        (low, high), (less, more) = mine.interval(tail), theirs.interval(tail)
        return recovered(a, scale(low), scale(high), b, scale(less), scale(more), r)

    return Inverted(a - b, two)
