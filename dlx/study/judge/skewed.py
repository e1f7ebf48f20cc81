"""Means of skewed positive data, such as losses or errors near a ceiling, judged on the log scale.

The interval of a lognormal mean combines Student's interval of the mean of the logarithms with the chi-square interval
of half their variance (Zou, Huo and Taleban 2009); that of two dependent means combines their intervals by the method
of variance estimates recovery (Zou and Donner 2008; Donner and Zou 2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from dlx.study.judge.evidence import Inverted, Student

SPREAD = 0.25  # below this coefficient of variation Student's test keeps its level for lognormal data
LARGEST = 300.0  # of an exponent, so that squares are finite as well
IMPOSSIBLE = 0.6  # normal data whose standard deviation is this share of the mean would have values below 0


def is_wide(x: np.ndarray) -> bool:
    """Return True for positive (n,) values whose standard deviation is not small beside their mean."""
    return bool((x > 0).all()) and float(x.std(ddof=1)) >= SPREAD * float(x.mean())


def is_skewed(x: np.ndarray) -> bool:
    """Return True for positive (n,) values that are better described by a lognormal than by a normal distribution."""
    if not is_wide(x):
        return False
    mean, sd, logs = float(x.mean()), float(x.std(ddof=1)), np.log(x)
    # the ratio of the maximized likelihoods (Dumonceaux and Antle 1973), whose logarithm is n times this difference
    return sd > IMPOSSIBLE * mean or float(logs.mean()) + math.log(logs.std()) < math.log(x.std())


@dataclass(frozen=True)
class LogMean:
    """The logarithm of the mean of lognormal data, m + v / 2 with the mean m and the variance v of the logarithms.

    Attributes:
        logs: the logarithms (n,).
    """

    logs: np.ndarray

    @cached_property
    def variance(self) -> float:
        """The variance of the logarithms."""
        return float(self.logs.var(ddof=1))

    @cached_property
    def value(self) -> float:
        """The estimate."""
        return float(self.logs.mean()) + self.variance / 2

    def interval(self, tail: float) -> tuple[float, float]:
        """Return the interval with probability `tail` on each side (Zou, Huo and Taleban 2009)."""
        n, v = len(self.logs), self.variance
        square = float(special.stdtrit(n - 1, 1 - tail)) ** 2 * v / n
        low = v / 2 * (1 - (n - 1) / float(special.chdtri(n - 1, tail)))
        high = v / 2 * ((n - 1) / float(special.chdtri(n - 1, 1 - tail)) - 1)
        return self.value - math.sqrt(square + low**2), self.value + math.sqrt(square + high**2)


@dataclass(frozen=True)
class LogVariance(LogMean):
    """The logarithm of the variance of lognormal data, 2 m + v + log(exp(v) - 1); see `LogMean`."""

    @cached_property
    def value(self) -> float:
        """The estimate."""
        return 2 * float(self.logs.mean()) + self._of(self.variance)

    def interval(self, tail: float) -> tuple[float, float]:
        """Return the interval with probability `tail` on each side."""
        n, v = len(self.logs), self.variance
        square = (2 * float(special.stdtrit(n - 1, 1 - tail))) ** 2 * v / n
        low = self._of(v) - self._of((n - 1) * v / float(special.chdtri(n - 1, tail)))
        high = self._of((n - 1) * v / float(special.chdtri(n - 1, 1 - tail))) - self._of(v)
        return self.value - math.sqrt(square + low**2), self.value + math.sqrt(square + high**2)

    @staticmethod
    def _of(v: float) -> float:
        return v + (v if v > LARGEST else math.log(math.expm1(v)))


Mean = Callable[[float], tuple[float, float]]


def mean_of(values: np.ndarray) -> tuple[float, Mean]:
    """Return the estimate of a mean and its interval: as that of a lognormal if the values are skewed, or Student's."""
    if not is_skewed(values):
        return float(values.mean()), Student(values).interval
    logs = LogMean(np.log(values))

    def interval(tail: float) -> tuple[float, float]:
        low, high = logs.interval(tail)
        return exp(low), exp(high)

    return exp(logs.value), interval


def difference(left: np.ndarray | float, right: np.ndarray | float) -> Inverted:
    """Return the evidence on the difference of two means, of which one or both are of skewed positive values.

    Args:
        left: values (n,), or a number.
        right: their partners (n,), or a number; not both are numbers.
    """
    return combined(left, right, lambda value: value)


def log_ratio(left: np.ndarray | float, right: np.ndarray | float) -> Inverted:
    """Return the evidence on the logarithm of the ratio of two means, of which one or both are of skewed values.

    Args:
        left: positive values (n,), or a number above 0.
        right: their partners (n,), or a number above 0.
    """
    return combined(left, right, lambda value: math.log(max(value, exp(-LARGEST))))


def combined(left: np.ndarray | float, right: np.ndarray | float, scale: Callable[[float], float]) -> Inverted:
    """Return the evidence on the difference of two means on a scale."""
    (a, one), (b, two) = (
        (side, lambda tail, side=side: (side, side)) if isinstance(side, float) else mean_of(side)
        for side in (left, right)
    )
    numbers = isinstance(left, float) or isinstance(right, float)
    r = 0.0 if numbers else correlation(np.asarray(left), np.asarray(right))

    def bounds(tail: float) -> tuple[float, float]:
        (low, high), (less, more) = (map(scale, own(tail)) for own in (one, two))
        return recovered(scale(a), low, high, scale(b), less, more, r)

    return Inverted(scale(a) - scale(b), bounds)


def recovered(a: float, low: float, high: float, b: float, less: float, more: float, r: float) -> tuple[float, float]:
    """Return the interval of a - b from those of a (low, high) and b (less, more) and their correlation r."""
    down = (a - low) ** 2 + (more - b) ** 2 - 2 * r * (a - low) * (more - b)
    up = (high - a) ** 2 + (b - less) ** 2 - 2 * r * (high - a) * (b - less)
    return a - b - math.sqrt(max(down, 0.0)), a - b + math.sqrt(max(up, 0.0))


def exp(value: float) -> float:
    """Return the exponential, or a very large number instead of an overflow."""
    return math.exp(min(value, LARGEST))


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Return the correlation of two (n,) samples; 0 if one of them is constant."""
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size > 0 else 0.0
