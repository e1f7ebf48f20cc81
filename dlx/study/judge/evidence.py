"""Evidence on one number, such as a difference of means: one-sided p-values and the interval that belongs to them.

Every class answers the same three questions about its parameter, and answers them consistently: a bound has a one-sided
p-value of `tail` or less exactly if it lies outside the interval with this probability in each tail.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

SMALLEST = 1e-12  # bisections for a p-value stop here


class Evidence(ABC):
    """The evidence of a sample on a parameter.

    Attributes:
        value: the estimate.
    """

    value: float

    @abstractmethod
    def above(self, bound: float) -> float:
        """Return the p-value of the hypothesis that the parameter is at most `bound`."""

    @abstractmethod
    def below(self, bound: float) -> float:
        """Return the p-value of the hypothesis that the parameter is at least `bound`."""

    @abstractmethod
    def interval(self, tail: float) -> tuple[float, float]:
        """Return the interval of the bounds whose p-values exceed `tail` in both directions."""


@dataclass(frozen=True)
class Student(Evidence):
    """Student's test of a mean (Student 1908).

    Attributes:
        x: one value for each statistical unit (n,).
        floor: the smallest standard deviation that is believed: the resolution of the metric.
        inflation: the variance of the mean, divided by that for independent units.
    """

    x: np.ndarray
    floor: float = 0.0
    inflation: float = 1.0

    @cached_property
    def value(self) -> float:  # type: ignore[override]
        """The mean."""
        return float(self.x.mean())

    @cached_property
    def sd(self) -> float:
        """The standard deviation, not below the floor."""
        return max(float(self.x.std(ddof=1)), self.floor)

    @cached_property
    def error(self) -> float:
        """The standard error of the mean."""
        return self.sd * math.sqrt(self.inflation / len(self.x))

    def above(self, bound: float) -> float:
        return self._tail(self.value - bound)

    def below(self, bound: float) -> float:
        return self._tail(bound - self.value)

    def interval(self, tail: float) -> tuple[float, float]:
        half = float(special.stdtrit(len(self.x) - 1, 1 - tail)) * self.error
        return self.value - half, self.value + half

    def _tail(self, distance: float) -> float:
        if self.error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(special.stdtr(len(self.x) - 1, -distance / self.error))


@dataclass(frozen=True)
class Hall(Student):
    """Student's test of a mean, corrected for skewness by a monotone cubic (Hall 1992, equations 5 and 6).

    With g the sample skewness and W = (mean - bound) / sd, the statistic sqrt(n) (W + g W²/3 + g² W³/27 + g/(6n)) is
    compared with Student's quantiles.
    """

    @cached_property
    def skewness(self) -> float:
        """The sample skewness, with the sums of squares and cubes corrected for n."""
        return skewness(self.x)

    def above(self, bound: float) -> float:
        return float(special.stdtr(len(self.x) - 1, -self._statistic(bound)))

    def below(self, bound: float) -> float:
        return float(special.stdtr(len(self.x) - 1, self._statistic(bound)))

    def interval(self, tail: float) -> tuple[float, float]:
        quantile = float(special.stdtrit(len(self.x) - 1, 1 - tail))
        return self.value - self.sd * self._inverse(quantile), self.value - self.sd * self._inverse(-quantile)

    def _statistic(self, bound: float) -> float:
        n, g, w = len(self.x), self.skewness, (self.value - bound) / self.sd
        return math.sqrt(n) * (w + g * w**2 / 3 + g**2 * w**3 / 27 + g / (6 * n))

    def _inverse(self, statistic: float) -> float:
        n, g = len(self.x), self.skewness
        if abs(g) < 1e-6:
            return statistic / math.sqrt(n)
        return float(3 / g * (np.cbrt(1 + g * (statistic / math.sqrt(n) - g / (6 * n))) - 1))


def skewness(x: np.ndarray) -> float:
    """Return the sample skewness of (n,) values; 0 if they are equal."""
    n, d = len(x), x - x.mean()
    s = math.sqrt(float(d @ d) / (n - 1))
    return float((d**3).sum()) * n / ((n - 1) * (n - 2)) / s**3 if s > 0 and n > 2 else 0.0


@dataclass(frozen=True)
class Inverted(Evidence):
    """Evidence from an interval alone: its p-values are found by bisection.

    Attributes:
        value: the estimate.
        bounds: the interval with a given probability in each tail.
    """

    value: float
    bounds: Callable[[float], tuple[float, float]]

    def above(self, bound: float) -> float:
        return self._smallest(lambda tail: self.bounds(tail)[0] > bound)

    def below(self, bound: float) -> float:
        return self._smallest(lambda tail: self.bounds(tail)[1] < bound)

    def interval(self, tail: float) -> tuple[float, float]:
        return self.bounds(tail)

    @staticmethod
    def _smallest(excludes: Callable[[float], bool]) -> float:
        low, high = SMALLEST, 0.5
        if not excludes(high):
            return 1.0
        for _ in range(30):
            middle = math.sqrt(low * high)
            low, high = (low, middle) if excludes(middle) else (middle, high)
        return high


@dataclass(frozen=True)
class Agreement(Evidence):
    """Several methods that must agree: the largest of their p-values, and the hull of their intervals.

    Attributes:
        methods: the methods; the estimate is that of the first.
    """

    methods: Sequence[Evidence]

    @property
    def value(self) -> float:  # type: ignore[override]
        """The estimate of the first method."""
        return self.methods[0].value

    def above(self, bound: float) -> float:
        return max(method.above(bound) for method in self.methods)

    def below(self, bound: float) -> float:
        return max(method.below(bound) for method in self.methods)

    def interval(self, tail: float) -> tuple[float, float]:
        every = [method.interval(tail) for method in self.methods]
        return min(low for low, _ in every), max(high for _, high in every)


@dataclass(frozen=True)
class Median(Evidence):
    """The sign test of a median and the interval between two order statistics, exact for any distribution.

    Attributes:
        x: one value for each statistical unit (n,).
    """

    x: np.ndarray

    @property
    def value(self) -> float:  # type: ignore[override]
        """The sample median."""
        return float(np.median(self.x))

    def above(self, bound: float) -> float:
        return self._tail(int((self.x > bound).sum()))

    def below(self, bound: float) -> float:
        return self._tail(int((self.x < bound).sum()))

    def interval(self, tail: float) -> tuple[float, float]:
        x, n = np.sort(self.x), len(self.x)
        ranks = [k for k in range(1, n // 2 + 1) if self._tail(n - k + 1) <= tail]
        return (float(x[ranks[-1] - 1]), float(x[n - ranks[-1]])) if ranks else (-math.inf, math.inf)

    def _tail(self, count: int) -> float:
        """Return the probability of `count` or more heads among n."""
        return float(special.bdtrc(count - 1, len(self.x), 0.5)) if count > 0 else 1.0
