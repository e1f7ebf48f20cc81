"""Folds as statistical units: their errors are dependent, so that the interval of their mean is too narrow.

Folds of one data set share training data (Nadeau and Bengio 2003), and consecutive folds of a series share its course.
The first is corrected by the ratio of test to training examples, the second by an autocorrelation of 0.6 between
consecutive folds, which is assumed, since it cannot be estimated from a few. The larger correction is used.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dlx.results.runs import Run

AUTOCORRELATION = 0.6


def inflation(n: int, runs: Iterable[Run]) -> float:
    """Return the variance of the mean of n dependent folds, divided by their variance over n.

    Args:
        n: number of folds.
        runs: their runs, whose summary contains the numbers of examples.
    """
    return max(autocorrelated(n, AUTOCORRELATION), 1 + n * test_share(runs))


def autocorrelated(n: int, rho: float) -> float:
    """Return the factor for n values of a first-order autoregression.

    The variance of their mean is g / n of their variance, with g = 1 + 2 sum (1 - k / n) rho^k, and their sample
    variance is (n - g) / (n - 1) of it on average.
    """
    k = np.arange(1, n)
    g = float(1 + 2 * ((1 - k / n) * rho**k).sum())
    return g * (n - 1) / (n - g)


def test_share(runs: Iterable[Run]) -> float:
    """Return the largest ratio of test to training examples; 0 if the runs do not record them."""
    found = [run.summary["examples"] for run in runs]
    return max((one["test"] / one["train"] for one in found if one.get("train") and one.get("test")), default=0.0)
