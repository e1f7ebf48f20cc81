"""Student's interval of a mean, vectorized along the last axis, and p-values of several tests and as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

Interval = tuple[np.ndarray, np.ndarray]
LEAST_P = 1e-4  # smaller p-values are written as a bound


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


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values (Holm 1979).

    It is written here because statsmodels' `multipletests` runs the garbage collector in every call (some 40 ms), and
    simulated studies call it many thousand times.
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1)
    return adjusted.tolist()


def p_text(p: float) -> str:
    """Return a p-value as text; a very small one as a bound, since it is never 0."""
    return f"p = {p:.2g}" if p >= LEAST_P else f"p < {LEAST_P:g}"
