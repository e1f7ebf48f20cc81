"""The two sides of a comparison as one number for each statistical unit, and what is known about their metric."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from dlx.results.runs import Run
from dlx.study.judge import fold
from dlx.study.judge.grid import Grid, Values
from dlx.study.read.claim import Claim, Part, Side, Where

PLAIN = ("min", "max", "mean")  # the reductions of an axis after which a failed run still has the value of a failure


@dataclass(frozen=True)
class Sample:
    """One side of a comparison.

    Attributes:
        values: one value for each statistical unit (n,), or a number.
        failures: the values that failed runs may have; empty if they are not known.
        step: the resolution of the metric, i.e. the smallest step in which it changes; 0 if it is not known.
        highest: the upper bound of the metric; infinite if it has none.
    """

    values: np.ndarray | float
    failures: tuple[float, ...] = ()
    step: float = 0.0
    highest: float = math.inf


class Sides:
    """Computes the two sides of a comparison.

    Attributes:
        statuses: number of evaluated runs with each status.
        lost: number of values that are not finite.
    """

    def __init__(self, claim: Claim, grid: Grid, replicate: str) -> None:
        self.claim, self.grid, self.replicate = claim, grid, replicate
        self.statuses: Counter[str] = Counter()
        self.lost = 0

    def both(self, part: Part) -> tuple[Sample, Sample]:
        """Return the left and the right side; an interaction subtracts those of the same comparison at other levels."""
        left, right = self.one(part.left, {}), self.one(part.right, {})
        if self.claim.minus is None:
            return left, right
        less, less_right = self.one(part.left, self.claim.minus), self.one(part.right, self.claim.minus)
        if self.claim.ratio:
            return combined(left, less_right, np.multiply), combined(right, less, np.multiply)
        return combined(left, less, np.subtract), combined(right, less_right, np.subtract)

    def one(self, side: Side | float, where: Where) -> Sample:
        """Return one side; `where` replaces the levels of some axes."""
        if isinstance(side, float):
            return Sample(side)
        cells = {**side.where, **where}
        values = self.folded(side, cells)
        self.statuses.update(values.statuses)
        self.lost += int(values.lost.sum())
        array = fold.by_unit(values, self.replicate)
        if self.claim.share:
            return Sample(array)
        runs = self.grid.selected(cells)
        return Sample(array, self.failures(side, runs), self.step(side, runs), self.highest(side, runs))

    def folded(self, side: Side, where: Where) -> Values:
        """Return the values of a side after `choose` and `reduce`."""
        claim = self.claim
        key = "share" if claim.share else "metric"
        values = self.grid.values(side.metric, where, claim.diverged, f"{claim.where}.{key}")
        if claim.truth is not None:
            truth = self.grid.values(claim.truth, where, claim.diverged, f"{claim.where}.across.truth")
            values = replace(values, array=values.array - truth.array, lost=values.lost | truth.lost)
        if claim.choose is not None:
            scores = self.grid.values(claim.choose.by, where, None, f"{claim.where}.choose.by")
            values = fold.choose(values, scores, claim.choose, self.grid.maximum(claim.choose), self.replicate)
        for rule in claim.reduce:
            values = fold.reduce(values, rule)
        return values

    def failures(self, side: Side, runs: Iterable[Run]) -> tuple[float, ...]:
        """Return the mean value that the runs of a side would have had if they had failed, if it is known."""
        claim = self.claim
        if claim.choose is not None or claim.truth is not None or any(rule.by not in PLAIN for rule in claim.reduce):
            return ()
        values = [value for run in runs if math.isfinite(value := self.grid.failure(side.metric, run))]
        return (float(np.mean(values)),) if values else ()  # a diverged run has no baseline of its own

    def step(self, side: Side, runs: Iterable[Run]) -> float:
        """Return the coarsest resolution of the metric in the runs of a side."""
        if self.claim.resolution is not None:
            return self.claim.resolution
        return max((self.grid.step(side.metric, run) for run in runs), default=0.0)

    def highest(self, side: Side, runs: Iterable[Run]) -> float:
        """Return the upper bound of the values of a side."""
        if self.claim.truth is not None or any(rule.by not in PLAIN for rule in self.claim.reduce):
            return math.inf
        return max((self.grid.highest(side.metric, run) for run in runs), default=math.inf)


def combined(first: Sample, second: Sample, function: Callable[..., np.ndarray]) -> Sample:
    """Return a function of two samples, such as their difference."""
    values = function(first.values, second.values)
    failures = tuple(float(function(failure, np.mean(second.values))) for failure in first.failures)
    return Sample(float(values) if np.ndim(values) == 0 else values, failures, max(first.step, second.step))
