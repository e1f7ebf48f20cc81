"""The methods by which the two sides of a claim are compared, and the evidence on which all of them agree.

Student's test of the paired differences is the first. It keeps its level for normal data only, so that others must
agree with it: a correction for skewness, the log scale for positive data, and one more run that fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlx.study.judge import skewed, spread
from dlx.study.judge.counted import PairedShares, Share
from dlx.study.judge.evidence import Agreement, Evidence, Hall, Median, Student, skewness
from dlx.study.judge.failing import apart, failed, one_more
from dlx.study.judge.sides import Sample
from dlx.study.read.claim import Claim

HALL_FROM, HALL_ALWAYS = 8, 14  # units: Hall's correction from 8 if the skewness is notable, from 14 always
NOTABLE = 0.9  # below it, ten exponential values are rarely judged wrongly; a lower bound would cost power
Values = np.ndarray | float
Test = Callable[[Values, Values], Evidence]


class UnjudgedError(Exception):
    """The sides of a claim cannot be compared; the message says why and what to change."""


@dataclass(frozen=True)
class Compared:
    """The two sides of a claim, compared.

    Attributes:
        evidence: the evidence on the difference, or on the logarithm of the ratio, on which all methods agree.
        first: that of the first method alone.
        failing: True if one of the methods adds a failing run.
        sides: the statistic of each side.
        limits: the lowest and the highest value that the parameter can have.
    """

    evidence: Evidence
    first: Evidence
    failing: bool
    sides: tuple[float, float]
    limits: tuple[float, float] = (-math.inf, math.inf)


def compare(claim: Claim, left: Sample, right: Sample, inflation: float = 1.0, enough: int = 0) -> Compared:
    """Return the comparison of the two sides of a claim.

    Args:
        claim: the claim.
        left: its left side.
        right: its right side.
        inflation: the variance of a mean over the statistical units, divided by that for independent units; above 1 for
            folds, among which failing runs and skewness are not looked for.
        enough: number of seeds that would show a failure rate of one in five; see `dlx.study.judge.failing`.

    Raises:
        UnjudgedError: The values allow no comparison.
    """
    if claim.share:
        return alone(shares(left.values, right.values), left, right, np.mean)
    if claim.across == "median":
        return alone(Median(differences(claim, left.values, right.values)), left, right, np.median)
    if claim.across in spread.SPREADS:
        return spreads(claim, left, right, enough)
    return means(claim, left, right, inflation, enough)


def alone(evidence: Evidence, left: Sample, right: Sample, statistic: Callable[..., float]) -> Compared:
    """Return a comparison by a single method."""
    return Compared(evidence, evidence, False, (float(statistic(left.values)), float(statistic(right.values))))


def shares(left: Values, right: Values) -> Evidence:
    """Return the evidence on a share of runs and a number, or on two paired shares."""
    n = np.size(left)
    if isinstance(right, float):
        return Share(int(np.sum(left)), n, right)
    return PairedShares(int(np.sum(left > right)), int(np.sum(left < right)), n)


def means(claim: Claim, left: Sample, right: Sample, inflation: float, enough: int) -> Compared:
    """Return the comparison of two arithmetic means, by their difference or their ratio."""
    floor = floor_of(claim, left, right)

    def student(one: Values, two: Values) -> Student:
        return Student(differences(claim, one, two), floor, inflation)

    first = student(left.values, right.values)
    x = first.x
    if len(x) < 3:
        raise UnjudgedError("an interval needs at least three seeds")
    refuse_ties(x, floor)
    methods: list[Evidence] = [first]
    further: list[Evidence] = []
    if inflation == 1:
        if x.std(ddof=1) > floor and len(x) >= HALL_FROM and (abs(skewness(x)) > NOTABLE or len(x) >= HALL_ALWAYS):
            methods.append(Hall(x))
        methods += log_scale(claim, left, right)
        further = failing(student, left, right, enough)
    sides = mean_sides(left, right, np.mean)
    return Compared(Agreement([*methods, *further]), first, bool(further), sides, limits(claim, left, right))


def limits(claim: Claim, left: Sample, right: Sample) -> tuple[float, float]:
    """Return the lowest and the highest possible difference of two means; those of a share lie between 0 and 1."""
    least, most = (right.values, right.values) if isinstance(right.values, float) else (0.0, right.highest)
    bounded = not claim.ratio and math.isfinite(left.highest) and math.isfinite(most)
    return (-most, left.highest - least) if bounded else (-math.inf, math.inf)


def spreads(claim: Claim, left: Sample, right: Sample, enough: int) -> Compared:
    """Return the comparison of two standard deviations or variances, by their difference or their ratio."""
    statistic = spread.SPREADS[claim.across]
    for side in (left, right):
        if isinstance(side.values, float):
            if claim.ratio and side.values <= 0:
                raise UnjudgedError("a ratio needs values above 0")
            continue
        if len(side.values) < 3:
            raise UnjudgedError("a standard deviation needs at least three seeds")
        if any(failed(side.values, failure) for failure in side.failures) and apart(side.values):
            raise UnjudgedError("runs have failed, which makes two groups; judge the share of failed runs instead")
        if not np.isfinite(spread.log_pseudo_values(side.values, statistic)).all():
            raise UnjudgedError("the values tie in nearly all seeds, so that their standard deviation cannot be judged")

    def test(one: Values, two: Values) -> Evidence:
        assert not isinstance(one, float), "the left side of a claim is measured"
        return spread.compared(one, two, claim.across, claim.ratio)

    first = test(left.values, right.values)
    further = failing(test, left, right, enough)
    return Compared(Agreement([first, *further]), first, bool(further), mean_sides(left, right, statistic))


def mean_sides(left: Sample, right: Sample, statistic: Callable[..., np.ndarray]) -> tuple[float, float]:
    """Return a statistic of each side."""
    first, second = (s.values if isinstance(s.values, float) else float(statistic(s.values)) for s in (left, right))
    return first, second


def differences(claim: Claim, left: Values, right: Values) -> np.ndarray:
    """Return the differences to judge, one for each statistical unit (n,).

    Ratios of arithmetic means are judged by the jackknife pseudo-values of the logarithm of the ratio (Miller 1974);
    medians of ratios by the logarithms of the ratios.

    Raises:
        UnjudgedError: A ratio has a side that is not above 0.
    """
    if not claim.ratio:
        return np.asarray(left - right, float)
    if not (np.all(np.asarray(left) > 0) and np.all(np.asarray(right) > 0)):
        raise UnjudgedError("a ratio needs values above 0")
    if claim.across == "median":
        return np.asarray(np.log(left) - np.log(right), float)
    first, second = (
        math.log(x) if isinstance(x, float) else spread.log_pseudo_values(x, lambda v: v.mean(-1))
        for x in (left, right)
    )
    return np.asarray(first - second, float)


def floor_of(claim: Claim, left: Sample, right: Sample) -> float:
    """Return the smallest standard deviation of the differences that is believed: one step of the metric."""
    if not claim.ratio:
        return max(left.step, right.step)
    return max(
        (
            side.step / abs(float(np.mean(side.values)))
            for side in (left, right)
            if side.step > 0 and np.any(side.values)
        ),
        default=0.0,
    )


def refuse_ties(x: np.ndarray, floor: float) -> None:
    """Refuse differences that are equal in all seeds if the resolution of the metric is not known.

    Raises:
        UnjudgedError: They are equal; the message says what to change.
    """
    if np.ptp(x) == 0 and floor == 0:
        raise UnjudgedError(
            "the values tie in all seeds, and the metric has no known resolution; state its smallest step by "
            "resolution, or move this entry to study.facts if no seed can change it"
        )


def log_scale(claim: Claim, left: Sample, right: Sample) -> list[Evidence]:
    """Return the evidence on the log scale if the values, or their distances to an upper bound, are skewed."""
    found: list[Evidence] = []
    if any_skewed(left.values, right.values):
        found.append((skewed.log_ratio if claim.ratio else skewed.difference)(left.values, right.values))
    highest = min(left.highest, right.highest if not isinstance(right.values, float) else math.inf)
    if not claim.ratio and math.isfinite(highest):
        one, two = (from_ceiling(side, highest) for side in (left, right))
        if any_skewed(one, two):
            found.append(skewed.difference(two, one))
    return found


def any_skewed(left: Values, right: Values) -> bool:
    """Return True if the values of one side are positive and skewed, and pairing does not remove their spread."""
    remaining = float(np.std(left - right, ddof=1))
    sides = [side for side in (left, right) if not isinstance(side, float)]
    return any(skewed.is_skewed(side) and remaining >= skewed.SPREAD * float(side.mean()) for side in sides)


def from_ceiling(side: Sample, highest: float) -> Values:
    """Return the distances of values to their upper bound; half a step more, so that they are positive."""
    return highest - side.values + (0.0 if isinstance(side.values, float) else side.step / 2)


def failing(test: Test, left: Sample, right: Sample, enough: int) -> list[Evidence]:
    """Return the evidence with one more run that fails: once for each side on which a failure is possible."""
    found: list[Evidence] = []
    for side, other, on_left in ((left, right, True), (right, left, False)):
        if isinstance(side.values, float):
            continue
        for failure in side.failures:
            if len(side.values) < enough or failed(side.values, failure):
                more, rest = one_more(side.values, other.values, failure)
                found.append(test(more, rest) if on_left else test(rest, more))
    return found
