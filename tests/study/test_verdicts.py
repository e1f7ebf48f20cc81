"""Single verdicts by hand: identities, points, what diverged or failed, seeds that would decide, folds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from dlx.errors import ConfigError
from dlx.study.book.words import sentence
from dlx.study.judge import fold
from dlx.study.judge.decide import holm
from dlx.study.judge.grid import Grid
from dlx.study.judge.judge import judge, judge_claims
from dlx.study.judge.verdict import Verdict
from tests.study.synthetic import ARMS, claims, grid_of, study

ARM_A = {"metric": "m", "arm": "a", "than": "b"}
EFFECT = {**ARM_A, "expect": "greater", "margin": 0.5}


def one(claim: Mapping[str, Any], draw: Any, facts: Mapping[str, Any] | None = None, **node: Any) -> Verdict:
    """Judge one claim alone; `facts` are further entries of each summary."""
    node = {"arms": ARMS, "seeds": 5, **node}
    (read,) = claims(node, claim)
    return judge_claims([read], grid_of(node, draw, facts), "seed")[0]


def under(metric: str, draw: Any) -> Any:
    """Draw the same values under the name of a metric."""
    return lambda at: {metric: draw(at)["m"]}


def gap(*values: float) -> Any:
    """Draw runs in which a beats b by these values, seed by seed."""
    return lambda at: {"m": 10.0 * at["seed"] + (values[at["seed"]] if at["arm"] == "a" else 0)}


def test_the_interval_is_scipys() -> None:
    """A single claim at the first of three looks is tested at 4.75 %; the p-value is scaled so that it is below 5 %."""
    values = (1.0, 1.5, 0.7, 2.0, 1.1)
    found = one(EFFECT, gap(*values))
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.9525)
    assert (found.low, found.high, found.value) == pytest.approx((low, high, np.mean(values)))
    assert found.p == pytest.approx(2 * stats.ttest_1samp(values, 0.5, alternative="greater").pvalue / 0.95)
    assert (found.verdict, found.level) == ("holds", pytest.approx(0.9525))


def test_the_interval_of_an_accuracy_stays_within_what_is_possible() -> None:
    """Student's interval of three scattered shares is wider than the range of a difference of shares."""
    values = (0.9, 0.1, 0.8)
    share = {"better": "max", "headline": True, "counted": True, "unit": ""}
    facts = {"metric_info": {"accuracy": share}, "examples": {"test": 100}}

    def draw(at: Mapping[str, Any]) -> dict[str, float]:
        return {"test/accuracy": values[at["seed"]] if at["arm"] == "a" else 0.05}

    _, high = stats.ttest_1samp(np.array(values) - 0.05, 0).confidence_interval(0.9525)
    assert high > 1
    words = {"metric": "test/accuracy", "arm": "a", "expect": "greater", "margin": 0}
    found = one({**words, "than": "b"}, draw, facts, seeds=3)
    assert (found.low, found.high) == (-1, 1)  # with one more run that fails
    against = one({**words, "than": 0.3}, draw, facts, seeds=3)
    assert (against.low, against.high) == (-0.3, 0.7)
    loss = {**words, "than": {"metric": "test/loss", "arm": "b"}}  # no share, so that nothing bounds the difference
    unbounded = one(loss, lambda at: {**draw(at), "test/loss": -4.0 + 0.1 * at["seed"]}, facts, seeds=3)
    assert unbounded.high > 1
    free = one({**words, "than": "b"}, draw, seeds=3)  # nothing says that the values are shares
    assert free.high >= high


def test_values_that_tie_need_a_resolution() -> None:
    tied = one(EFFECT, gap(1, 1, 1, 1, 1))
    assert tied.verdict == "inconclusive"
    assert "state its smallest step by resolution" in tied.reason
    known = one({**EFFECT, "resolution": 0.1}, gap(1, 1, 1, 1, 1))
    half = float(stats.t.ppf(0.97625, 4)) * 0.1 / math.sqrt(5)
    assert (known.verdict, known.low, known.high) == ("holds", pytest.approx(1 - half), pytest.approx(1 + half))
    assert one({**EFFECT, "resolution": 1}, gap(1, 1, 1, 1, 1)).verdict == "inconclusive"


def test_an_equality_holds_by_two_one_sided_tests() -> None:
    values = (0.3, -0.2, 0.1, 0.4, -0.1)
    found = one({**ARM_A, "expect": "equal", "within": 0.4}, gap(*values))
    low = stats.ttest_1samp(values, -0.4, alternative="greater").pvalue
    high = stats.ttest_1samp(values, 0.4, alternative="less").pvalue
    assert found.p == pytest.approx(max(low, high) / 0.95)
    assert (found.low, found.high) == pytest.approx(tuple(stats.ttest_1samp(values, 0).confidence_interval(0.905)))
    assert (found.verdict, found.level) == ("holds", pytest.approx(0.905))


def test_the_seeds_that_would_decide_have_a_power_of_80_percent() -> None:
    values = np.array([0.2, 1.4, 0.1, 1.2, 1.1, 0.9])
    n = one(EFFECT, gap(*values), seeds=6).needed
    assert n is not None
    effect = (values.mean() - 0.5) / values.std(ddof=1)
    power = 1 - stats.nct.cdf(stats.t.ppf(1 - 0.05 * 0.025 / 2, n - 1), n - 1, effect * math.sqrt(n))
    assert 0.79 < power < 0.85
    assert one(EFFECT, gap(0.25, 0.75, 0.5, 0.5, 0.5)).needed == 0  # on the margin: no number would


def test_claims_are_judged_by_holms_steps() -> None:
    """The clearest claim is tested at half of the error rate, the other one at the whole of it."""
    control = {"metric": "1 * m", "arm": "a", "than": "b", "expect": "equal", "within": 1.25, "control": True}
    both = study([{**EFFECT, "margin": 0.01}, control], arms=ARMS, seeds=5)
    values = (1.0, 1.1, 0.9, 1.05, 1.0)
    found = judge(both, grid_of({"arms": ARMS, "seeds": 5}, gap(*values)))
    first = 2 * stats.ttest_1samp(values, 0.01, alternative="greater").pvalue
    second = stats.ttest_1samp(values, 1.25, alternative="less").pvalue
    adjusted = multipletests([first, second], method="holm")[1] / 0.95
    assert [one.p for one in found] == pytest.approx(list(adjusted))
    assert [one.level for one in found] == pytest.approx([1 - 0.02375, 1 - 2 * 0.0475])


def test_holm_is_statsmodels() -> None:
    p = [0.01, 0.04, 0.03, 0.2, 0.9]
    found = holm([(value, 1.0) for value in p], 0.05)
    rejected, adjusted, *_ = multipletests(p, 0.05, method="holm")
    assert [value for _, value, _ in found] == pytest.approx(list(adjusted))
    assert [word == "holds" for word, *_ in found] == list(rejected)


def test_a_verdict_and_its_p_never_disagree() -> None:
    """An inconclusive claim has p >= 0.05, a decided one p < 0.05, and the interval shows the same."""
    rng = np.random.default_rng(0)
    both = study(
        [{**EFFECT, "margin": 0}, {**ARM_A, "expect": "equal", "within": 1, "control": True}],
        arms=ARMS, seeds=6,
    )  # fmt: skip
    for shift in np.linspace(0, 2, 60):
        values = rng.normal(shift, 1, 6)
        for found in judge(both, grid_of({"arms": ARMS, "seeds": 6}, gap(*values))):
            assert found.p is not None
            assert (found.p < 0.05) == (found.verdict != "inconclusive") or "wider" in found.reason
            part = found.claim.parts[0]
            if found.verdict == "holds":
                assert part.low < found.low <= found.high < part.high
            elif found.verdict == "refuted":
                assert found.high < part.low or found.low > part.high


def failing(*values: float) -> Any:
    """Draw accuracies of the arm a, beside those of b that are all near 0.9; a failed run has 0.1."""
    b = (0.9, 0.907, 0.895, 0.9, 0.902)

    def draw(at: Mapping[str, Any]) -> Mapping[str, float]:
        return {"m": values[at["seed"]] if at["arm"] == "a" else b[at["seed"] % 5]}

    return draw


def test_few_seeds_do_not_show_that_no_run_fails() -> None:
    """With five seeds a difference must survive one failing run, unless the metric has no baseline to fall back to."""
    draw = failing(0.95, 0.9525, 0.945, 0.95, 0.95)
    claim = {**EFFECT, "metric": "test/m", "margin": 0.01}
    baseline = {"baseline": {"test/m": 0.1}}
    careful = one(claim, under("test/m", draw), facts=baseline)
    assert careful.verdict == "inconclusive"
    assert "5 seeds miss a failure rate of one in five with a probability of 33%" in careful.reason
    assert careful.needed == 14
    assert one(claim, under("test/m", draw)).verdict == "holds"
    large = {**claim, "than": 0.2}  # 0.75 above: even a failing run leaves the mean there
    assert one(large, under("test/m", draw), facts=baseline).verdict == "holds"
    many = failing(*np.resize((0.95, 0.9525, 0.945, 0.951, 0.949), 14))
    assert one(claim, under("test/m", many), facts=baseline, seeds=14).verdict == "holds"


def test_a_control_must_be_narrower_than_its_effect() -> None:
    node = {"arms": ARMS, "seeds": 5, "axes": {"k": [1, 2]}}
    wide = {**ARM_A, "at": {"k": 2}, "expect": "equal", "within": 2, "control": True}
    read = study([{**EFFECT, "margin": 0, "at": {"k": 1}}, wide], **node)

    def draw(at: Mapping[str, Any]) -> Mapping[str, float]:
        effect = 1 if at["k"] == 1 and at["arm"] == "a" else 0
        return {"m": effect + (0.01 * at["seed"] if at["arm"] == "a" else 0.0)}

    effect, control = judge(read, grid_of(node, draw))
    assert effect.verdict == "holds"
    assert control.verdict == "inconclusive"
    assert "its margin is wider than the effect that it controls (study.claims[0])" in control.reason


def test_a_claim_on_the_same_runs_is_refused() -> None:
    """An axis that has no effect gives both cells the same runs, as equal runs are trained once."""
    node = {"axes": {"k": [1, 2]}, "seeds": 5}
    (read,) = claims(node, {"metric": "m", "at": {"k": 1}, "than": {"k": 2}, "expect": "equal", "within": 0.1})
    whole = grid_of(node, lambda at: {"m": float(at["seed"])})
    found = judge_claims([read], whole, "seed")[0]
    assert found.verdict == "inconclusive"  # the values tie, and the metric has no resolution
    shared = {key: whole.runs["1", key[1]] for key in whole.runs}
    axes = whole.axes
    again = Grid(axes, [(dict(zip(axes, key, strict=True)), run) for key, run in shared.items()])
    assert "both sides are the same runs" in judge_claims([read], again, "seed")[0].reason


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
        assert judge_claims([read], grid_of(node, draw), "seed")[0].sides[0] == mean


def test_what_diverged_is_not_chosen() -> None:
    def draw(at: Mapping[str, Any]) -> Mapping[str, float] | str:
        return "diverged" if at["k"] == 2 else {"val/accuracy": 0.1, "m": 1.0 + at["seed"]}

    node = {"axes": {"k": [1, 2]}, "seeds": 5}
    (read,) = claims(
        node, {"metric": "m", "expect": "greater", "margin": 0, "choose": {"over": "k", "by": "val/accuracy"}}
    )
    assert judge_claims([read], grid_of(node, draw), "seed")[0].sides[0] == 3


def test_folds_are_the_units_where_the_split_is_one() -> None:
    node = {"axes": {"dataset.fold": [0, 1, 2, 3]}, "seeds": 2, "replicate": "dataset.fold"}
    (read,) = claims(node, {"metric": "m", "expect": "greater", "margin": 0})
    found = judge_claims([read], grid_of(node, lambda at: {"m": at["dataset.fold"] + at["seed"]}), "dataset.fold")[0]
    assert (found.n, found.value) == (4, 2.0)  # folds 0.5, 1.5, 2.5, 3.5


def test_a_cell_that_is_excluded_cannot_be_judged() -> None:
    node = {"arms": ARMS, "axes": {"k": [1, 2]}, "seeds": 3, "exclude": [{"arm": "b", "k": 2}]}
    (read,) = claims(node, {**EFFECT, "at": {"k": 2}})
    with pytest.raises(ConfigError, match="no run has"):
        judge_claims([read], grid_of(node, lambda at: {"m": 1.0}), "seed")[0]


def test_myths_are_to_be_refuted() -> None:
    myth = {**EFFECT, "expect_verdict": "refuted", "truth": "b is no worse"}
    found = one(myth, gap(0, 0.1, 0, 0.1, 0))
    assert found.verdict == "refuted"
    assert found.as_expected
    assert sentence(found).startswith("Myth: “m (a) is greater than b by 0.5 at least.” Fact: b is no worse. (")
    assert "The myth is refuted: value 0.04, 95.25 % interval -0.0292 to 0.109" in sentence(found)


def test_a_verdict_in_words() -> None:
    said = one({**EFFECT, "say": "He beats Xavier by {value}"}, gap(1.0, 1.5, 0.7, 2.0, 1.1))
    assert sentence(said) == (
        "He beats Xavier by 1.26 (holds: 95.25 % interval 0.624 to 1.9, 5 seeds, margin 0.5, Holm-adjusted p = 0.029)."
    )
    made = one({**EFFECT, "at": {"k": 1}}, gap(0.2, 1.4, 0.1, 1.2, 1.1), axes={"k": [1]})
    assert sentence(made) == (
        f"m (k=1, a) is greater than b by 0.5 at least (inconclusive; about {made.needed} seeds would decide with 80 % "
        "power: value 0.8, 95.25 % interval 0.0362 to 1.56, 5 seeds, margin 0.5, Holm-adjusted p = 0.35)."
    )


def test_a_spread_with_two_seeds_or_two_groups_is_not_judged() -> None:
    claim = {"metric": "test/m", "arm": "a", "than": 0.5, "across": "sd", "expect": "less", "margin": 0}
    few = one(claim, under("test/m", failing(0.9, 0.8)), seeds=2)
    assert few.reason == "a standard deviation needs at least three seeds"
    groups = np.resize((0.95, 0.955, 0.945, 0.951, 0.1), 15)
    split = one(claim, under("test/m", failing(*groups)), facts={"baseline": {"test/m": 0.1}}, seeds=15)
    assert "two groups" in split.reason
    assert split.value == pytest.approx(groups.std(ddof=1) - 0.5)
