"""Confidence intervals and p-values, vectorized: all functions of arrays work along the last axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

Interval = tuple[np.ndarray, np.ndarray]
SEEDS_CAP = 10_000
LEAST_P = 1e-4  # smaller p-values are written as a bound
BCA_FROM = 20  # with n = 5 a 95 % BCa interval has a coverage of only 84 %


def t_interval(x: ArrayLike, alpha: float) -> Interval:
    """Return Student's interval of the mean at level 1 - alpha; for equal values it is a point."""
    x = np.asarray(x, float)
    mean, half = x.mean(-1), t_half(x.std(-1, ddof=1), x.shape[-1], alpha)
    return mean - half, mean + half


def t_half(sd: Any, n: int, alpha: float) -> Any:
    """Return the half-width of Student's interval of a mean of n values."""
    return student_quantile(alpha, n) * sd / math.sqrt(n)


@cache
def student_quantile(alpha: float, n: int) -> float:
    """Return the two-sided quantile of Student's distribution for a mean of n values."""
    return float(stats.t.ppf(1 - alpha / 2, n - 1))


def t_p(x: ArrayLike, low: float, high: float) -> np.ndarray:
    """Return the p-value of the hypothesis that the mean lies outside (low, high).

    It is below alpha exactly if Student's interval lies inside.
    """
    x = np.asarray(x, float)
    n, mean = x.shape[-1], x.mean(-1)
    error = x.std(-1, ddof=1) / math.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(error > 0, special.stdtr(n - 1, (low - mean) / error), (mean <= low) * 1.0)
        above = np.where(error > 0, special.stdtr(n - 1, (mean - high) / error), (mean >= high) * 1.0)
    return np.minimum(1.0, 2 * np.maximum(below, above))


def median_interval(x: ArrayLike, alpha: float) -> Interval:
    """Return the interval of the median between two order statistics, which is exact for any distribution.

    With too few values for the level it is the whole real line.
    """
    x = np.sort(np.asarray(x, float), -1)
    n = x.shape[-1]
    k = median_rank(n, alpha)
    if k < 1:
        return np.full(x.shape[:-1], -math.inf), np.full(x.shape[:-1], math.inf)
    return x[..., k - 1], x[..., n - k]


@cache
def median_rank(n: int, alpha: float) -> int:
    """Return the rank of the lower bound: the last k with P(fewer than k of n below the median) <= alpha / 2; or 0."""
    return int(np.searchsorted(stats.binom.cdf(np.arange(n), n, 0.5), alpha / 2, side="right"))


def median_p(x: ArrayLike, low: float, high: float) -> np.ndarray:
    """Return the p-value of the sign test for the hypothesis that the median lies outside (low, high)."""
    x = np.asarray(x, float)
    n = x.shape[-1]
    below = stats.binom.sf((x > low).sum(-1) - 1, n, 0.5) if low > -math.inf else np.zeros(x.shape[:-1])
    above = stats.binom.sf((x < high).sum(-1) - 1, n, 0.5) if high < math.inf else np.zeros(x.shape[:-1])
    return np.minimum(1.0, 2 * np.maximum(below, above))


def share_interval(successes: ArrayLike, n: ArrayLike, alpha: float) -> Interval:
    """Return the exact binomial interval of a share (Clopper and Pearson 1934), for arrays of counts.

    statsmodels' `proportion_confint(method="beta")` takes one count at a time and differs in the last bit (2e-16).
    """
    k, n = np.asarray(successes, float), np.asarray(n, float)
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, special.betaincinv(np.maximum(k, 1e-9), n - k + 1, alpha / 2), 0.0)
        high = np.where(k < n, special.betaincinv(k + 1, np.maximum(n - k, 1e-9), 1 - alpha / 2), 1.0)
    return low, high


def paired_share_interval(left: ArrayLike, right: ArrayLike, alpha: float, mcnemar: bool) -> Interval:
    """Return an exact interval of the difference of two paired shares, from the runs in which they disagree.

    Args:
        left: 0 or 1 for each run (..., n).
        right: 0 or 1 for its partner (..., n).
        alpha: 1 minus the level.
        mcnemar: use McNemar's exact test for the sign of the difference, i.e. the interval of the share of one
            direction among the pairs that disagree, given their number. Otherwise each of the two shares of
            disagreement gets an exact interval (Bonferroni), so that their difference is valid for any margin.
    """
    left, right = np.asarray(left, float), np.asarray(right, float)
    n = left.shape[-1]
    b, c = (left > right).sum(-1), (left < right).sum(-1)
    if mcnemar:
        low, high = share_interval(b, b + c, alpha)
        return (2 * low - 1) * (b + c) / n, (2 * high - 1) * (b + c) / n
    (b_low, b_high), (c_low, c_high) = share_interval(b, n, alpha / 2), share_interval(c, n, alpha / 2)
    return b_low - c_high, b_high - c_low


def pseudo_values(x: ArrayLike, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the jackknife pseudo-values of a statistic (Miller 1968), whose mean is a bias-reduced estimate of it.

    A t interval over them is an interval of the statistic, and differences of two arms stay paired.
    """
    x = np.asarray(x, float)
    n = x.shape[-1]
    whole = statistic(x)[..., None]
    rest = np.stack([statistic(np.delete(x, i, -1)) for i in range(n)], -1)
    return n * whole - (n - 1) * rest


def bca_interval(x: np.ndarray, alpha: float) -> tuple[float, float] | None:
    """Return the BCa bootstrap interval of the mean (Efron 1987), or None for fewer than 20 values.

    It is printed for information; verdicts do not depend on it.
    """
    if x.ndim != 1 or len(x) < BCA_FROM or np.ptp(x) == 0:
        return None
    found = stats.bootstrap(
        (x,), np.mean, confidence_level=1 - alpha, n_resamples=4999, method="BCa", rng=np.random.default_rng(0)
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values (Holm 1979)."""
    from statsmodels.stats.multitest import multipletests

    return [float(value) for value in multipletests(p, method="holm")[1]]


def p_text(p: float) -> str:
    """Return a p-value as text; a very small one as a bound, since it is never 0."""
    return f"p = {p:.2g}" if p >= LEAST_P else f"p < {LEAST_P:g}"


def first_n(decides: Callable[[int], bool], start: int) -> int | None:
    """Return the smallest number of seeds that is enough for a verdict; None if it exceeds 10,000."""
    high = max(start, 3)
    while not decides(high):
        high *= 2
        if high > SEEDS_CAP:
            return None
    low = max(start, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle + 1, high)
    return high
