"""The verdict on one comparison: by an interval of a mean or a median, or by an interval of a share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from dlx.results import intervals
from dlx.study.judge.verdict import Verdict, inside
from dlx.study.read.claim import Claim, Part, Side


def variance(x: np.ndarray) -> np.ndarray:
    """Return the unbiased variance over the last axis; nan for a single value."""
    return x.var(-1, ddof=1) if x.shape[-1] > 1 else np.full(x.shape[:-1], np.nan)


STATISTICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sd": lambda x: np.sqrt(variance(x)),
    "variance": variance,
}
LEAST = 3  # the fewest seeds for a t interval
LEAST_SPREAD = 10  # the fewest seeds for an interval of a standard deviation
MOST = 500


@dataclass(frozen=True)
class Shares:
    """The judgment of a share of runs, or of the difference of two paired shares, by an open region.

    Attributes:
        low: lower bound of the region.
        high: upper bound of the region.
        base: the number that the share is compared with.
        paired: True if two arms are compared.
    """

    low: float
    high: float
    base: float
    paired: bool

    @classmethod
    def of(cls, part: Part) -> Shares:
        """Return the judgment for a comparison."""
        return cls(
            part.low, part.high, part.right if isinstance(part.right, float) else 0.0, isinstance(part.right, Side)
        )

    @cache  # noqa: B019 (few and small: counts, not data)
    def bounds(self, b: int, c: int, n: int, alpha: float) -> tuple[float, float]:
        """Return the interval if b of n runs satisfy the condition (of n pairs: only the left b, only the right c)."""
        if self.paired:
            left, right = np.arange(n) < b, (np.arange(n) >= b) & (np.arange(n) < b + c)
            low, high = intervals.paired_share_interval(left, right, alpha, mcnemar=0.0 in (self.low, self.high))
            return float(low), float(high)
        low, high = intervals.share_interval(b, n, alpha)
        return float(low) - self.base, float(high) - self.base

    def verdict(self, b: int, c: int, n: int, alpha: float) -> str:
        """Return the verdict for these counts; see `bounds`."""
        return inside(*self.bounds(b, c, n, alpha), self.low, self.high)

    @cache  # noqa: B019
    def p(self, b: int, c: int, n: int) -> float:
        """Return the p-value, i.e. the smallest alpha at which the claim holds, by bisection; 1 if there is none."""
        low, high = 1e-12, 1.0
        if self.verdict(b, c, n, high) != "holds":
            return 1.0
        for _ in range(40):
            middle = math.sqrt(low * high)
            low, high = (low, middle) if self.verdict(b, c, n, middle) == "holds" else (middle, high)
        return high

    def least(self, alpha: float) -> int:
        """Return the smallest number of runs with which the claim can hold."""

        def possible(n: int) -> bool:
            counts = [(k, 0) for k in range(n + 1)] + ([(0, k) for k in range(n + 1)] if self.paired else [])
            return any(self.verdict(b, c, n, alpha) == "holds" for b, c in counts)

        return next((n for n in range(2, MOST) if possible(n)), MOST)


def least_units(claim: Claim, alpha: float) -> int:
    """Return the smallest number of seeds with which a claim can hold."""
    if claim.share:
        return Shares.of(claim.parts[0]).least(alpha)
    if claim.across == "median":
        return next(n for n in range(2, MOST) if 2 * 0.5**n <= alpha)
    return LEAST_SPREAD if claim.across in STATISTICS else LEAST


def by_share(verdict: Verdict, part: Part, left: np.ndarray, right: np.ndarray, alpha: float) -> Verdict:
    """Return the verdict on a share of runs."""
    shares, n = Shares.of(part), left.shape[-1]
    b = int((left > right).sum()) if shares.paired else int(left.sum())
    c = int((left < right).sum()) if shares.paired else 0
    low, high = shares.bounds(b, c, n, alpha)
    outcome = shares.verdict(b, c, n, alpha)

    def decides(number: int) -> bool:
        return shares.verdict(round(b / n * number), round(c / n * number), number, alpha) != "inconclusive"

    return replace(
        verdict,
        verdict=outcome,
        value=(b - c) / n - (0.0 if shares.paired else float(right)),
        low=low,
        high=high,
        p=shares.p(b, c, n),
        needed=(intervals.first_n(decides, n + 1) or 0) if outcome == "inconclusive" else None,
        sides=(float(left.mean()), float(right.mean())),
    )


def by_interval(verdict: Verdict, part: Part, x: np.ndarray, alpha: float, siblings: int) -> Verdict:
    """Return the verdict by the interval of a mean or a median.

    Args:
        verdict: the verdict so far, with the claim and its counts.
        part: the comparison.
        x: one difference for each seed (seeds,).
        alpha: the error rate of the claim.
        siblings: number of parts of the claim. The claim holds only if all parts hold, so each of them may use the
            whole alpha; any part refutes the claim, so for refutation alpha is divided among them.
    """
    median = verdict.claim.across == "median"
    if x.shape[-1] < 2:
        return replace(verdict, reason="an interval needs at least two seeds")
    interval = intervals.median_interval if median else intervals.t_interval
    low, high = (float(bound) for bound in interval(x, alpha))
    outcome = inside(low, high, part.low, part.high)
    if outcome == "refuted" and siblings > 1:
        wide, wider = (float(bound) for bound in interval(x, alpha / siblings))
        outcome = inside(wide, wider, part.low, part.high)
    scale = math.exp if verdict.claim.ratio else float
    bca = None if median else intervals.bca_interval(x, alpha)
    return replace(
        verdict,
        verdict=outcome,
        value=scale(float(np.median(x) if median else x.mean())),
        low=scale(low),
        high=scale(high),
        p=float((intervals.median_p if median else intervals.t_p)(x, part.low, part.high)),
        needed=needed(x, part, alpha, median) if outcome == "inconclusive" else None,
        bca=(scale(bca[0]), scale(bca[1])) if bca else None,
    )


def needed(x: np.ndarray, part: Part, alpha: float, median: bool) -> int:
    """Return the number of seeds that would be enough for a verdict if all were like these; 0 if above 10,000."""
    mean, sd = float(x.mean()), float(x.std(ddof=1))

    def decides(number: int) -> bool:
        if median:
            likely = np.quantile(x, (np.arange(number) + 0.5) / number)
            low, high = (float(bound) for bound in intervals.median_interval(likely, alpha))
        else:
            half = intervals.t_half(sd, number, alpha)
            low, high = mean - half, mean + half
        return inside(low, high, part.low, part.high) != "inconclusive"

    return intervals.first_n(decides, x.shape[-1] + 1) or 0
