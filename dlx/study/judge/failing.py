"""Runs that fail, i.e. fall back to the value of a naive baseline, and failures that a few seeds would not show.

If one run in five fails, five seeds show no failure with a probability of 33 %, and their values look like those of an
arm that never fails; no statistic of these values can tell (Bahadur and Savage 1956). What is known beside the values
can: a trained model that fails is as good as the naive baseline. Therefore, with fewer seeds than would show a failure
rate of one in five, or if a run has failed, a verdict must stand even if one more run failed.
"""

from __future__ import annotations

import math

import numpy as np

from dlx.study.judge.looks import ALPHA

RATE = 0.2  # the failure rate that must not stay unseen
GAP = 10.0  # a run this many times farther from the others than they are from each other has failed


def enough(claims: int) -> int:
    """Return the number of seeds with which some claim misses a failure rate of one in five in at most 5 %: 14 for one.

    Args:
        claims: number of claims of the study; 0 of a study of facts alone.
    """
    return math.ceil(math.log(ALPHA / max(1, claims)) / math.log(1 - RATE))


def failed(values: np.ndarray, failure: float) -> bool:
    """Return True if one of the (n,) values is closer to that of a failed run than to the value farthest from it."""
    distance = np.abs(values - failure)
    return bool((distance < distance.max() / 2).any())


def apart(values: np.ndarray) -> tuple[float, ...]:
    """Return the means of two groups of runs that are far apart from each other; empty if the (n,) values are one.

    Which of the two has failed is not known.
    """
    ordered = np.sort(values)
    gaps = np.diff(ordered)
    if len(ordered) < 4 or not gaps.any():
        return ()
    place = int(gaps.argmax()) + 1
    low, high = ordered[:place], ordered[place:]
    width = float(np.ptp(max(low, high, key=len)))
    return (float(low.mean()), float(high.mean())) if width > 0 and gaps[place - 1] > GAP * width else ()


def one_more(left: np.ndarray, right: np.ndarray | float, failure: float) -> tuple[np.ndarray, np.ndarray | float]:
    """Return both sides with one more unit, in which the left run fails and the right one is as the others are."""
    more = right if isinstance(right, float) else np.append(right, right.mean())
    return np.append(left, failure), more
