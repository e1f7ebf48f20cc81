"""The methods of the judge against scipy, statsmodels, numerical maximization, enumeration and formulas by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from dlx.study.judge import skewed, spread
from dlx.study.judge.counted import PairedShares, Share
from dlx.study.judge.evidence import Agreement, Evidence, Hall, Median, Student, skewness
from dlx.study.judge.failing import apart, enough, failed
from dlx.study.judge.folds import autocorrelated

RNG = np.random.default_rng(1)
NORMAL, SKEWED = RNG.normal(0.3, 1, 9), np.exp(RNG.normal(0, 1, 12))
EVERY: dict[str, Evidence] = {
    "student": Student(NORMAL),
    "hall": Hall(SKEWED),
    "agreement": Agreement([Student(SKEWED), Hall(SKEWED)]),
    "lognormal": skewed.difference(SKEWED, 1.0),
    "lognormal against a number first": skewed.difference(2.0, SKEWED),
    "two lognormals": skewed.difference(SKEWED, SKEWED[::-1] * 0.5),
    "ratio of lognormals": skewed.log_ratio(SKEWED, SKEWED[::-1] * 0.5),
    "sd": spread.compared(SKEWED, 1.0, "sd", ratio=False),
    "ratio of sds": spread.compared(SKEWED, SKEWED[::-1] ** 1.5, "sd", ratio=True),
    "share": Share(7, 12, 0.4),
    "paired shares": PairedShares(6, 1, 12),
}


@pytest.mark.parametrize("evidence", EVERY.values(), ids=EVERY)
def test_p_values_and_intervals_say_the_same(evidence: Evidence) -> None:
    """The bounds of an interval with 2 % in each tail have one-sided p-values of 2 %."""
    low, high = evidence.interval(0.02)
    assert low < high
    assert evidence.above(low) == pytest.approx(0.02, rel=1e-4)
    assert evidence.below(high) == pytest.approx(0.02, rel=1e-4)
    assert evidence.above(low - 0.1) < 0.02 < evidence.above(low + 0.01)


def test_student_is_scipys() -> None:
    found = Student(NORMAL)
    assert found.above(0) == pytest.approx(stats.ttest_1samp(NORMAL, 0, alternative="greater").pvalue)
    assert found.below(0) == pytest.approx(stats.ttest_1samp(NORMAL, 0, alternative="less").pvalue)
    assert found.interval(0.025) == pytest.approx(tuple(stats.ttest_1samp(NORMAL, 0).confidence_interval(0.95)))
    assert Student(NORMAL, floor=5).error == pytest.approx(5 / 3)


def test_hall_is_student_for_symmetric_values() -> None:
    x = np.array([-2.0, -1, -0.5, 0.5, 1, 2, -3, 3]) + 0.7
    assert skewness(x) == pytest.approx(0, abs=1e-12)
    assert Hall(x).interval(0.03) == pytest.approx(Student(x).interval(0.03))
    assert skewness(SKEWED) == pytest.approx(stats.skew(SKEWED, bias=False))


def test_hall_keeps_the_level_where_student_does_not() -> None:
    """Exponential values, n = 20, the true mean: Student's lower tail errs in about 7 % instead of 2.5 %."""
    rng = np.random.default_rng(2)
    samples = rng.exponential(1, (3000, 20))
    student = np.mean([Student(x).below(1) < 0.025 for x in samples])
    hall = np.mean([Hall(x).below(1) < 0.025 for x in samples])
    assert student > 0.06
    assert hall < 0.045


def generalized(samples: np.ndarray, variance: bool, draws: int = 40_000) -> tuple[float, float]:
    """Return the generalized interval (2.5 % in each tail) of a lognormal mean or variance: an exact pivot, simulated.

    Krishnamoorthy and Mathew 2003: m - Z s / sqrt(n) / U and s² / U² with U² = chi² / (n - 1).
    """
    rng, logs = np.random.default_rng(3), np.log(samples)
    n, m, s = len(logs), logs.mean(), logs.std(ddof=1)
    v = s**2 / (rng.chisquare(n - 1, draws) / (n - 1))
    mean = m - rng.normal(0, 1, draws) * np.sqrt(v / n)
    pivot = 2 * mean + v + np.log(np.expm1(v)) if variance else mean + v / 2
    low, high = np.quantile(pivot, [0.025, 0.975])
    return float(low), float(high)


@pytest.mark.parametrize("n", [8, 20])
@pytest.mark.parametrize("variance", [False, True])
def test_lognormal_intervals_are_near_the_generalized_ones(n: int, variance: bool) -> None:
    x = np.exp(np.random.default_rng(n).normal(0, 0.8, n))
    found = (skewed.LogVariance if variance else skewed.LogMean)(np.log(x)).interval(0.025)
    truth = generalized(x, variance)
    width = truth[1] - truth[0]
    assert found == pytest.approx(truth, abs=0.1 * width)


def test_the_log_scale_is_for_skewed_positive_values() -> None:
    rng = np.random.default_rng(4)
    normal = [skewed.is_skewed(rng.normal(10, 1, 10)) for _ in range(200)]
    lognormal = [skewed.is_skewed(np.exp(rng.normal(0, 1, 10))) for _ in range(200)]
    assert sum(normal) == 0
    assert sum(lognormal) > 170
    assert not skewed.is_skewed(np.array([-1.0, 5, 9]))


def test_the_jackknife_of_a_log_variance_by_hand() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0])
    rest = [np.log(np.var(np.delete(x, i), ddof=1)) for i in range(4)]
    truth = [4 * np.log(np.var(x, ddof=1)) - 3 * one for one in rest]
    assert spread.log_pseudo_values(x, spread.SPREADS["variance"]) == pytest.approx(truth)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 5), (5, 5), (7, 30)])
def test_shares_are_clopper_and_pearsons(k: int, n: int) -> None:
    truth = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    assert Share(k, n, 0.0).interval(0.025) == pytest.approx((truth.low, truth.high))
    assert Share(k, n, 0.0).above(0.4) == pytest.approx(stats.binomtest(k, n, 0.4, alternative="greater").pvalue)


@pytest.mark.parametrize(("b", "c", "n", "delta"), [(6, 1, 12, 0.2), (3, 3, 10, -0.3), (0, 4, 9, 0.1), (9, 0, 20, 0.7)])
def test_the_score_of_paired_shares_by_maximum_likelihood(b: int, c: int, n: int, delta: float) -> None:
    """The variance under the hypothesis is that of the likelihood's maximum, found numerically (Tango 1998)."""

    def loss(q: float) -> float:
        p = q + delta
        return -sum(k * math.log(max(x, 1e-300)) for k, x in ((b, p), (c, q), (n - b - c, 1 - p - q)) if k)

    least, most = max(0.0, -delta), (1 - delta) / 2
    q = optimize.minimize_scalar(loss, bounds=(least, most), method="bounded", options={"xatol": 1e-12}).x
    score = (b - c - n * delta) / math.sqrt(n * (2 * q + delta - delta**2))
    assert PairedShares(b, c, n).above(delta) == pytest.approx(stats.t.sf(score, n - 1), rel=1e-4)


@pytest.mark.parametrize("n", [5, 10, 20])
def test_paired_shares_keep_their_level_everywhere(n: int) -> None:
    """Enumeration of all outcomes: at a nominal 4.5 %, the two tails together err in 5.4 % at most."""
    counts = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    grid = [(p, q) for p, q in itertools.product(np.arange(0, 1.01, 0.1), repeat=2) if p + q <= 1]
    for p, q in grid:
        weights = stats.multinomial.pmf([(b, c, n - b - c) for b, c in counts], n, [p, q, max(0.0, 1 - p - q)])
        error = 0.0
        for (b, c), weight in zip(counts, weights, strict=True):
            found = PairedShares(b, c, n)
            error += weight * (min(found.above(p - q), found.below(p - q)) <= 0.0225)
        assert error <= 0.054


def test_the_median_lies_between_order_statistics() -> None:
    x = np.arange(1.0, 11)  # n = 10: ranks 2 and 9 cover 97.9 %
    assert Median(x).interval(0.025) == (2, 9)
    assert Median(x[:5]).interval(0.025) == (-math.inf, math.inf)
    assert Median(x).above(2.5) == pytest.approx(stats.binomtest(8, 10, 0.5, alternative="greater").pvalue)


@pytest.mark.parametrize(("n", "rho"), [(5, 0.6), (20, 0.3)])
def test_the_correction_for_folds_from_the_covariance_matrix(n: int, rho: float) -> None:
    covariance = rho ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    of_the_mean = covariance.sum() / n**2
    sample_variance = (np.trace(covariance) - covariance.sum() / n) / (n - 1)
    assert autocorrelated(n, rho) == pytest.approx(of_the_mean / (sample_variance / n))


def test_failures_are_seen() -> None:
    assert failed(np.array([0.9, 0.95, 0.12]), 0.1)
    assert not failed(np.array([0.9, 0.95, 0.7]), 0.1)
    assert apart(np.array([0.9, 0.91, 0.1, 0.905, 0.9])) == pytest.approx((0.1, 0.90375))
    assert apart(np.array([0.9, 0.91, 0.1, 0.12, 0.9])) == pytest.approx((0.11, 0.9033333))
    assert apart(np.array([0.9, 0.91, 0.8, 0.905, 0.9])) == ()
    assert 0.8 ** enough(1) <= 0.05 < 0.8 ** (enough(1) - 1)
    assert 3 * 0.8 ** enough(3) <= 0.05
