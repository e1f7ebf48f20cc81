"""The methods by which the two sides of a claim are compared, and the evidence on which all of them agree.

Student's test of the paired differences is the first. It keeps its level for normal data only, so that others must
agree with it: a correction for skewness, the log scale for positive data, and one more run that fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlx.study.judge import skewed
from dlx.study.judge.evidence import Agreement, Evidence, Hall, Median, Student, skewness
from dlx.study.judge.counted import PairedShares, Share
from dlx.study.judge.failing import ENOUGH, failed, one_more
from dlx.study.judge.sides import Sample
from dlx.study.read.claim import Claim


def variance(x: np.ndarray) -> np.ndarray:
    """Return the unbiased variance over the last axis."""
    return x.var(-1, ddof=1)


STATISTICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sd": lambda x: np.sqrt(variance(x)),
    "variance": variance,
}
HALL_FROM, HALL_ALWAYS = 8, 12  # units: Hall's correction from 8 if the skewness exceeds 1, from 12 always


class Unjudged(Exception):
    """The sides of a claim cannot be compared; the message says why and what to change."""


@dataclass(frozen=True)
class Compared:
    """The two sides of a claim, compared.

    Attributes:
        evidence: the evidence on the difference, or on the logarithm of the ratio, on which all methods agree.
        student: that of the first method alone; for medians and shares it is the only one.
        failing: True if one of the methods adds a failing run.
        sides: the statistic of each side.
    """

    evidence: Evidence
    student: Evidence
    failing: bool
    sides: tuple[float, float]


def compare(claim: Claim, left: Sample, right: Sample, inflation: float) -> Compared:
    """Return the comparison of the two sides of a claim.

    Args:
        claim: the claim.
        left: its left side.
        right: its right side.
        inflation: the variance of a mean over the statistical units, divided by that for independent units; above 1 for
            folds, among which failing runs and skewness are not looked for.

    Raises:
        Unjudged: The values allow no comparison.
    """
    if claim.share:
        return shares(left, right)
    if claim.across == "median":
        return medians(claim, left, right)
    differ = Difference(claim, max(left.step, right.step))
    x = differ.of(left.values, right.values)
    if len(x) < 3:
        raise Unjudged("an interval needs at least three seeds")
    floor = differ.floor(left.values, right.values)
    if np.ptp(x) == 0 and floor == 0:
        raise Unjudged(
            "the values tie in all seeds, and the metric has no known resolution; state its smallest step by "
            "resolution, or move the claim to study.facts if no seed can change it"
        )
    student = Student(x, floor, inflation)
    if inflation > 1:
        return Compared(student, student, False, differ.sides(left.values, right.values))
    methods: list[Evidence] = [student]
    if x.std(ddof=1) > floor and len(x) >= HALL_FROM and (abs(skewness(x)) > 1 or len(x) >= HALL_ALWAYS):
        methods.append(Hall(x))
    methods += log_scale(claim, left, right)
    further = failing(differ, left, right)
    return Compared(
        Agreement([*methods, *further]), student, bool(further), differ.sides(left.values, right.values)
    )


@dataclass(frozen=True)
class Difference:
    """The differences of two sides, one for each statistical unit, on the scale on which a claim is judged.

    Differences of means are those of the values. Ratios of arithmetic means, and standard deviations and variances, are
    judged by the jackknife on the log scale (Miller 1968; Arvesen 1969): the mean of the pseudo-values estimates the
    difference of the logarithms.

    Attributes:
        claim: the claim.
        step: the resolution of the metric.
    """

    claim: Claim
    step: float

    def of(self, left: np.ndarray | float, right: np.ndarray | float) -> np.ndarray:
        """Return one difference, or pseudo-value, for each statistical unit (n,)."""
        statistic = STATISTICS.get(self.claim.across)
        if statistic is None and not self.claim.ratio:
            return np.asarray(left - right, float)
        own = statistic or (lambda x: x.mean(-1))
        scale: Callable[[np.ndarray], np.ndarray] = np.log if self.logarithmic else np.asarray
        return np.asarray(pseudo_values(left, own, scale) - pseudo_values(right, own, scale), float)

    @property
    def logarithmic(self) -> bool:
        """True if the logarithms of the two sides are compared."""
        return self.claim.ratio or self.claim.across in STATISTICS

    def floor(self, left: np.ndarray | float, right: np.ndarray | float) -> float:
        """Return the smallest standard deviation of the differences that is believed: one step of the metric."""
        if self.claim.across in STATISTICS:
            return 0.0
        if not self.claim.ratio:
            return self.step
        return max(self.step / abs(float(np.mean(side))) for side in (left, right) if not isinstance(side, float))

    def sides(self, left: np.ndarray | float, right: np.ndarray | float) -> tuple[float, float]:
        """Return the statistic of each side."""
        own = STATISTICS.get(self.claim.across, lambda x: x.mean(-1))
        first, second = (side if isinstance(side, float) else float(own(side)) for side in (left, right))
        return first, second


def pseudo_values(
    x: np.ndarray | float,
    statistic: Callable[[np.ndarray], np.ndarray],
    scale: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return the jackknife pseudo-values (n,) of a statistic on a scale; of a number, the number on this scale.

    Raises:
        Unjudged: The logarithm of a statistic that is not above 0 is needed.
    """
    if isinstance(x, float):
        whole, rest = np.asarray(x), np.asarray(x)
        n = 1
    else:
        n = len(x)
        whole, rest = statistic(x), statistic(np.stack([np.delete(x, i) for i in range(n)]))
    if scale is np.log and not (whole > 0 and (rest > 0).all()):
        raise Unjudged("a ratio, a standard deviation and a variance need values above 0")
    return n * scale(whole) - (n - 1) * scale(rest) if n > 1 else scale(whole)


def log_scale(claim: Claim, left: Sample, right: Sample) -> list[Evidence]:
    """Return the evidence on the log scale if the values, or their distances to an upper bound, are skewed."""
    if claim.across in STATISTICS or isinstance(left.values, float):
        return []
    found: list[Evidence] = []
    if any_skewed(left.values, right.values):
        found.append((skewed.log_ratio if claim.ratio else skewed.difference)(left.values, right.values))
    if not claim.ratio and math.isfinite(left.highest):
        below, other = (from_ceiling(side, left.highest) for side in (left, right))
        if any_skewed(below, other):
            found.append(skewed.difference(other, below))
    return found


def any_skewed(left: np.ndarray | float, right: np.ndarray | float) -> bool:
    """Return True if all values are positive and those of one side are skewed."""
    sides = [side for side in (left, right) if not isinstance(side, float)]
    return all((side > 0).all() for side in sides) and any(skewed.is_skewed(side) for side in sides)


def from_ceiling(side: Sample, highest: float) -> np.ndarray | float:
    """Return the distances of values to their upper bound; half a step more, so that they are positive."""
    return highest - side.values + (0.0 if isinstance(side.values, float) else side.step / 2)


def failing(differ: Difference, left: Sample, right: Sample) -> list[Evidence]:
    """Return Student's evidence with one more run that fails: one for each side on which a failure is possible."""
    found: list[Evidence] = []
    for side, other, sign in ((left, right, 1), (right, left, -1)):
        if side.failure is None or isinstance(side.values, float):
            continue
        if len(side.values) < ENOUGH or failed(side.values, side.failure):
            more, rest = one_more(side.values, other.values, side.failure)
            pair = (more, rest) if sign > 0 else (rest, more)
            found.append(Student(differ.of(*pair), differ.floor(*pair)))
    return found


def medians(claim: Claim, left: Sample, right: Sample) -> Compared:
    """Return the comparison by the median of the differences, or of the log ratios."""
    one, two = np.asarray(left.values, float), np.asarray(right.values, float)
    if claim.ratio and not ((one > 0).all() and (two > 0).all()):
        raise Unjudged("a ratio needs values above 0")
    x = np.log(one) - np.log(two) if claim.ratio else one - two
    evidence = Median(x)
    return Compared(evidence, evidence, False, (float(np.median(one)), float(np.median(two))))


def shares(left: Sample, right: Sample) -> Compared:
    """Return the comparison of a share of runs with a number, or of two paired shares."""
    one, n = np.asarray(left.values, float), np.size(left.values)
    if isinstance(right.values, float):
        evidence: Evidence = Share(int(one.sum()), n, right.values)
    else:
        evidence = PairedShares(int((one > right.values).sum()), int((one < right.values).sum()), n)
    return Compared(evidence, evidence, False, (float(one.mean()), float(np.mean(right.values))))
