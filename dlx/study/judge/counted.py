"""Evidence on shares of runs: exact for one share, by the score statistic for the difference of two paired ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from dlx.study.judge.evidence import Evidence


@dataclass(frozen=True)
class Share(Evidence):
    """The share of runs with a property minus a number, by the exact binomial test (Clopper and Pearson 1934).

    Attributes:
        count: number of runs with the property.
        n: number of runs.
        base: the number.
    """

    count: int
    n: int
    base: float

    @property
    def value(self) -> float:  # type: ignore[override]
        """The share minus the number."""
        return self.count / self.n - self.base

    def above(self, bound: float) -> float:
        share = bound + self.base
        if self.count == 0 or share >= 1:
            return 1.0
        return float(special.bdtrc(self.count - 1, self.n, share)) if share > 0 else 0.0

    def below(self, bound: float) -> float:
        share = bound + self.base
        if self.count == self.n or share <= 0:
            return 1.0
        return float(special.bdtr(self.count, self.n, share)) if share < 1 else 0.0

    def interval(self, tail: float) -> tuple[float, float]:
        k, n = self.count, self.n
        low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
        high = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
        return low - self.base, high - self.base


class PairedShares(Evidence):
    """The difference of two paired shares by the score statistic (Tango 1998), with Student's quantiles.

    With the normal quantile the error at a nominal 4.5 % reaches 8.6 % for 10 pairs; with Student's for n - 1 degrees
    of freedom it stays below 5.4 % for 5 to 30 pairs, by enumeration of all outcomes.

    Args:
        left: number of pairs in which only the left run has the property.
        right: number of pairs in which only the right run has it.
        n: number of pairs.
    """

    def __init__(self, left: int, right: int, n: int) -> None:
        self.left, self.right, self.n = left, right, n
        self.value = (left - right) / n

    def above(self, bound: float) -> float:
        return self._tail(-self._score(bound), bound >= 1)

    def below(self, bound: float) -> float:
        return self._tail(self._score(bound), bound <= -1)

    def interval(self, tail: float) -> tuple[float, float]:
        return self._edge(lambda bound: self.above(bound) > tail, -1.0), self._edge(
            lambda bound: self.below(bound) > tail, 1.0
        )

    def _tail(self, score: float, impossible: bool) -> float:
        return 1.0 if impossible else float(special.stdtr(self.n - 1, score))

    def _score(self, delta: float) -> float:
        b, c, n = self.left, self.right, self.n
        linear = -b - c + (2 * n - b + c) * delta
        root = math.sqrt(max(linear**2 + 8 * n * c * delta * (1 - delta), 0.0))
        variance = n * (2 * (root - linear) / (4 * n) + delta * (1 - delta))
        numerator = b - c - n * delta
        if variance < 1e-12:
            return 0.0 if abs(numerator) < 1e-9 else math.copysign(math.inf, numerator)
        return numerator / math.sqrt(variance)

    def _edge(self, admits: Callable[[float], bool], end: float) -> float:
        if admits(end):
            return end
        inner, outer = self.value, end
        for _ in range(40):
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if admits(middle) else (inner, middle)
        return outer
