"""Single verdicts by hand: identities, points, what diverged or failed, seeds that would decide, folds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from dlx.errors import ConfigError
from dlx.results import intervals
from dlx.study.book.words import sentence
from dlx.study.judge import fold
from dlx.study.judge.judge import judge, judge_claim
from dlx.study.judge.verdict import Verdict, verdict_of
from tests.study.synthetic import ARMS, claims, grid_of, study

EFFECT = {"metric": "m", "arm": "a", "than": "b", "expect": "greater", "margin": 0.5}


def one(claim: Mapping[str, Any], draw: Any, **node: Any) -> Verdict:
    """Judge one claim alone."""
    node = {"arms": ARMS, "seeds": 5, **node}
    (read,) = claims(node, claim)
    return judge_claim(read, grid_of(node, draw), "seed", 0.05)


def gap(*values: float) -> Any:
    """Draw runs in which a beats b by these values, seed by seed."""
    return lambda at: {"m": 10.0 * at["seed"] + (values[at["seed"]] if at["arm"] == "a" else 0)}


def test_the_interval_is_scipys() -> None:
    values = (1.0, 1.5, 0.7, 2.0, 1.1)
    found = one(EFFECT, gap(*values))
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high, found.value) == pytest.approx((low, high, np.mean(values)))
    assert found.p == pytest.approx(2 * stats.ttest_1samp(values, 0.5, alternative="greater").pvalue)
    assert found.verdict == "holds"


def test_equal_differences_make_the_interval_a_point() -> None:
    found = one(EFFECT, gap(1, 1, 1, 1, 1))
    assert (found.verdict, found.low, found.high, found.p) == ("holds", 1, 1, 0)
    assert one(EFFECT, gap(0, 0, 0, 0, 0)).verdict == "refuted"


def test_says_how_many_seeds_would_decide() -> None:
    values = np.array([0.2, 1.4, 0.1, 1.2, 1.1])
    found = one(EFFECT, gap(*values))
    assert found.verdict == "inconclusive"
    n = found.needed
    assert n is not None
    assert n > 5

    def half(n: int) -> float:
        return float(stats.t.ppf(0.975, n - 1)) * values.std(ddof=1) / math.sqrt(n)

    assert half(n) < values.mean() - 0.5 <= half(n - 1)
    assert one(EFFECT, gap(0.2, 0.8, 0.4, 0.6, 0.5)).needed == 0  # on the margin: no number would


def test_a_diverged_run_is_an_outcome_never_dropped() -> None:
    def draw(at: Mapping[str, Any]) -> Mapping[str, float] | str:
        return (
            "diverged" if at["arm"] == "b" and at["seed"] == 2 else {"m": 1.0 if at["arm"] == "a" else 0.1 * at["seed"]}
        )

    lost = one(EFFECT, draw)
    assert lost.verdict == "inconclusive"
    assert "1 runs diverged" in lost.reason
    counted = one({**EFFECT, "diverged": 0}, draw)
    assert counted.n == 5
    assert counted.verdict == "holds"
    assert counted.sides[1] == pytest.approx((0 + 0.1 + 0 + 0.3 + 0.4) / 5)
    share = one({"share": "diverged", "arm": "b", "expect": "less", "than": 0.9, "margin": 0}, draw)
    assert share.value == pytest.approx(0.2 - 0.9)


def test_a_failed_run_leaves_the_claim_open() -> None:
    found = one({**EFFECT, "diverged": 0}, lambda at: "failed" if at["seed"] == 0 else {"m": 1.0})
    assert found.verdict == "inconclusive"
    assert "2 runs have failed" in found.reason


def test_a_metric_that_no_run_has() -> None:
    with pytest.raises(ConfigError, match=r"study\.claims\[0\]\.metric: no run has the metric 'n'"):
        one({**EFFECT, "metric": "n"}, gap(1, 1, 1, 1, 1))


def test_an_infinite_value_is_no_value() -> None:
    found = one({**EFFECT, "metric": "log10(m)"}, lambda at: {"m": float(at["seed"])})
    assert found.verdict == "inconclusive"
    assert "not finite" in found.reason


def test_claims_are_simultaneous() -> None:
    control = {"metric": "m", "arm": "a", "than": "b", "expect": "equal", "within": 9, "control": True}
    both = study([{**EFFECT, "margin": 0.3}, control], arms=ARMS, seeds=5)
    values = (1.0, 1.5, 0.7, 2.0, 1.1)
    found = judge(both, grid_of({"arms": ARMS, "seeds": 5}, gap(*values)))
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.975)
    assert (found[0].low, found[0].high, found[0].level) == pytest.approx((low, high, 0.975))
    assert verdict_of(found) == "holds"


def test_a_study_is_wrong_at_most_once_in_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five claims on the border of truth: any false verdict among them counts."""
    monkeypatch.setattr(intervals, "first_n", lambda decides, start: start)
    node = {"arms": ARMS, "seeds": 4, "axes": {"k": [1, 2, 3, 4, 5]}}
    read = claims(node, {**EFFECT, "margin": 0, "each": ["k"]})
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(400):
        grid = grid_of(node, lambda at: {"m": rng.normal()})
        wrong += any(judge_claim(claim, grid, "seed", 0.05 / 5).verdict != "inconclusive" for claim in read)
    assert wrong <= 400 * 0.05 + 4 * math.sqrt(400 * 0.05 * 0.95)


def test_holm_is_statsmodels() -> None:
    p = [0.01, 0.04, 0.03, 0.2, 0.9]
    assert intervals.holm(p) == pytest.approx(list(multipletests(p, method="holm")[1]))


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 5), (5, 5), (7, 30)])
def test_shares_are_clopper_and_pearsons(k: int, n: int) -> None:
    low, high = intervals.share_interval(k, n, 0.05)
    truth = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    assert (low, high) == pytest.approx((truth.low, truth.high))


@pytest.mark.parametrize(("b", "c"), [(7, 0), (6, 0), (9, 2), (5, 5), (1, 8), (12, 3)])
def test_pairs_of_shares_are_mcnemars(b: int, c: int) -> None:
    """The interval excludes 0 exactly when McNemar's exact test rejects."""
    left = np.array([1] * b + [0] * c + [1] * 4)
    right = np.array([0] * b + [1] * c + [1] * 4)
    low, high = intervals.paired_share_interval(left, right, 0.05, mcnemar=True)
    p = mcnemar([[4, b], [c, 0]], exact=True).pvalue
    assert (p < 0.05) == bool(low > 0 or high < 0)


def test_the_median_lies_between_order_statistics() -> None:
    x = np.arange(1.0, 11)  # n = 10: ranks 2 and 9 cover 97.9 %
    assert tuple(map(float, intervals.median_interval(x, 0.05))) == (2, 9)
    assert tuple(map(float, intervals.median_interval(x[:5], 0.05))) == (-math.inf, math.inf)


def test_pseudo_values_of_the_mean_are_the_values() -> None:
    x = np.random.default_rng(0).normal(size=(3, 8))
    assert intervals.pseudo_values(x, lambda v: v.mean(-1)) == pytest.approx(x)


def test_bca_is_shown_from_twenty_seeds_on() -> None:
    x = np.random.default_rng(0).normal(1, 1, 20)
    assert intervals.bca_interval(x[:19], 0.05) is None
    low, high = intervals.bca_interval(x, 0.05) or (0, 0)
    assert (low, high) == pytest.approx(tuple(float(b) for b in intervals.t_interval(x, 0.05)), abs=0.15)
    assert intervals.bca_interval(np.ones(20), 0.05) is None


X = np.array([1.0, 2.0, 4.0])
Y = np.array([[0.0, 1.0, 5.0], [3.0, 2.0, 2.5]])


@pytest.mark.parametrize(
    ("by", "truth"),
    [
        ("min", Y.min(1)),
        ("max", Y.max(1)),
        ("mean", Y.mean(1)),
        ("sd", Y.std(1, ddof=1)),
        ("variance", Y.var(1, ddof=1)),
        ("argmin", [1, 2]),
        ("argmax", [4, 1]),
        ("count_above", [1, 2]),  # above 2
        ("crossing", [2.5, 2.0]),  # of 2: between 2 and 4, a quarter of the way; and at 2 itself
        ("slope", [stats.linregress(X, row).slope for row in Y]),
    ],
)
def test_folds(by: str, truth: Any) -> None:
    assert fold.fold(Y, X, by, 2.0) == pytest.approx(np.asarray(truth, float))


def test_a_slope_leaves_out_what_does_not_exist() -> None:
    y = np.array([0.0, np.nan, 6.0])
    assert float(fold.slope(X, y)) == pytest.approx(2.0)


def test_what_never_crosses_crosses_at_the_end() -> None:
    assert float(fold.crossing(X, np.array([0.0, 0, 0]), 1)) == 4


def test_choice_by_validation_for_each_seed_or_once() -> None:
    """Seed 0 is best on validation at k = 1, seed 1 at k = 2; the mean at k = 2."""
    scores = {(1, 0): 5.0, (1, 1): 0.0, (2, 0): 4.0, (2, 1): 4.0}

    def draw(at: Mapping[str, Any]) -> Mapping[str, float]:
        return {"val/accuracy": scores[at["k"], at["seed"]], "m": 10.0 * at["k"]}

    node = {"axes": {"k": [1, 2]}, "seeds": 2}
    claim = {"metric": "m", "expect": "greater", "margin": 0, "choose": {"over": "k", "by": "val/accuracy"}}
    for per, mean in (("seed", 15), ("arm", 20)):
        (read,) = claims(node, {**claim, "choose": {**claim["choose"], "per": per}})  # type: ignore[dict-item]
        assert judge_claim(read, grid_of(node, draw), "seed", 0.05).sides[0] == mean


def test_what_diverged_is_not_chosen() -> None:
    def draw(at: Mapping[str, Any]) -> Mapping[str, float] | str:
        return "diverged" if at["k"] == 2 else {"val/accuracy": 0.1, "m": 1.0 + at["seed"]}

    node = {"axes": {"k": [1, 2]}, "seeds": 5}
    (read,) = claims(
        node, {"metric": "m", "expect": "greater", "margin": 0, "choose": {"over": "k", "by": "val/accuracy"}}
    )
    assert judge_claim(read, grid_of(node, draw), "seed", 0.05).sides[0] == 3


def test_folds_are_the_units_where_the_split_is_one() -> None:
    node = {"axes": {"dataset.fold": [0, 1, 2, 3]}, "seeds": 2, "replicate": "dataset.fold"}
    (read,) = claims(node, {"metric": "m", "expect": "greater", "margin": 0})
    found = judge_claim(read, grid_of(node, lambda at: {"m": at["dataset.fold"] + at["seed"]}), "dataset.fold", 0.05)
    assert (found.n, found.value) == (4, 2.0)  # folds 0.5, 1.5, 2.5, 3.5


def test_a_cell_that_is_excluded_cannot_be_judged() -> None:
    node = {"arms": ARMS, "axes": {"k": [1, 2]}, "seeds": 3, "exclude": [{"arm": "b", "k": 2}]}
    (read,) = claims(node, {**EFFECT, "at": {"k": 2}})
    with pytest.raises(ConfigError, match="no run has"):
        judge_claim(read, grid_of(node, lambda at: {"m": 1.0}), "seed", 0.05)


def test_myths_are_to_be_refuted() -> None:
    myth = {**EFFECT, "expect_verdict": "refuted", "truth": "b is no worse"}
    found = one(myth, gap(0, 0.1, 0, 0.1, 0))
    assert found.verdict == "refuted"
    assert found.as_expected
    assert sentence(found).startswith("Myth: “m (a) is greater than b by 0.5 at least.” Fact: b is no worse. (")
    assert "The myth is refuted: value 0.04, interval -0.028 to 0.108" in sentence(found)


def test_a_verdict_in_words() -> None:
    said = one({**EFFECT, "say": "He beats Xavier by {value}"}, gap(1.0, 1.5, 0.7, 2.0, 1.1))
    assert sentence(said) == (
        "He beats Xavier by 1.26 (holds: interval 0.635 to 1.88, 5 seeds, margin 0.5, Holm-adjusted p = 0.028)."
    )
    made = one({**EFFECT, "at": {"k": 1}}, gap(0.2, 1.4, 0.1, 1.2, 1.1), axes={"k": [1]})
    assert sentence(made) == (
        f"m (k=1, a) is greater than b by 0.5 at least (inconclusive; {made.needed} seeds would decide: value 0.8, "
        "interval 0.0498 to 1.55, 5 seeds, margin 0.5, Holm-adjusted p = 0.33)."
    )
