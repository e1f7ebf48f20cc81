"""What cannot be meant in a study, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from dlx.errors import ConfigError
from dlx.study.judge.least import require_seeds
from dlx.sweep.cells import cells, study_axes
from tests.study.synthetic import ARMS, claims, study

EFFECT = {"metric": "m", "arm": "a", "than": "b", "expect": "greater", "margin": 0}
CONTROL = {"metric": "m", "arm": "a", "than": "b", "expect": "equal", "within": 1, "control": True}
NODE = {"arms": ARMS, "seeds": 10}


def test_reads_a_study() -> None:
    made = study([EFFECT, CONTROL], **NODE, reference={"work": "A 2000", "figure": "0.9"}, axes={"k": [1]})
    assert [claim.expect for claim in made.claims] == ["greater", "equal"]
    assert made.units == 10
    assert (made.work, made.figure) == ("A 2000", "0.9")


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"arm": "aa"}, r"study\.claims\[0\]\.arm: no such arm: 'aa'; did you mean 'a'"),
    ({"than": "c"}, r"study\.claims\[0\]\.than: no such arm: 'c'"),
    ({"at": {"k": 3}}, r"study\.claims\[0\]\.at\.k: no such value of k: '3'; choose from: 1, 2"),
    ({"at": {"kk": 1}}, r"study\.claims\[0\]\.at: no such axis: 'kk'"),
    ({"margin": -0.1}, r"study\.claims\[0\]\.margin: expected a number >= 0, got -0\.1"),
    ({"margin": "big"}, r"study\.claims\[0\]\.margin: expected a number >= 0, got 'big'"),
    ({"margin": None}, r"study\.claims\[0\]\.margin: missing"),
    ({"factor": 2}, "either margin .a difference. or factor"),
    ({"expect": "bigger"}, r"study\.claims\[0\]\.expect: expected one of greater, less"),
    ({"within": 1}, r"study\.claims\[0\]\.within: no such key; choose from: across"),
    ({"share": "m > 1"}, "expected either metric or share"),
    ({"metric": "a +"}, r"study\.claims\[0\]\.metric: cannot read"),
    ({"at": {}}, "leaves k open"),
    ({"control": True}, "in a control the effect vanishes"),
    ({"expect_verdict": "refuted"}, "say what is true instead"),
    ({"truth": "that"}, "say what is true instead"),
    ({"choose": {"over": "k", "by": "test/accuracy"}, "at": {}}, "the test split must not choose"),
    ({"reduce": {"over": "k", "by": "middle"}, "at": {}}, "expected one of min, max"),
    ({"reduce": {"over": "k", "by": "max", "level": 1}, "at": {}}, "max has no level"),
    ({"reduce": {"over": "k", "by": "crossing"}, "at": {}}, r"reduce\.level: missing"),
    ({"reduce": {"over": "arm", "by": "slope"}}, "slope needs an axis of numbers"),
    ({"across": "mode"}, "expected one of mean, median"),
    ({"across": {"by": "bias"}}, r"across\.truth: expected where by is bias"),
    ({"each": ["seed"]}, "no such axis: 'seed'"),
    ({"exact": True}, r"study\.claims\[0\]\.exact: claims are judged over seeds; move this entry to study\.facts"),
    (
        {"expect": "identity", "margin": 0},
        r"study\.claims\[0\]\.expect: identity is for facts; move this entry to study\.facts",
    ),
]
FACT = {"metric": "m", "arm": "a", "expect": "identity", "tolerance": 0}
FACT_MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"control": True}, r"study\.facts\[0\]\.control: a fact is checked in every run, without statistics; remove this"),
    ({"across": "sd"}, r"study\.facts\[0\]\.across: a fact is checked in every run"),
    ({"choose": {"over": "k", "by": "v"}}, r"study\.facts\[0\]\.choose: a fact is checked in every run"),
    ({"share": "m > 1"}, r"study\.facts\[0\]\.share: a fact is checked in every run"),
    ({"exact": True}, r"study\.facts\[0\]\.exact: every fact is checked in every run; remove this key"),
    ({"expect": "bigger"}, r"study\.facts\[0\]\.expect: expected one of .*identity"),
    ({"tolerance": -1}, r"study\.facts\[0\]\.tolerance: expected a number >= 0"),
    ({"truth": "that"}, "say what is true instead"),
]


@pytest.mark.parametrize(("change", "message"), FACT_MISTAKES)
def test_a_fact_that_cannot_be_meant(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        claims({**NODE, "axes": {"k": [1, 2]}}, {**FACT, **change}, facts=True)


def test_a_fact_leaves_axes_open_and_may_be_equal_within_nothing() -> None:
    (fact,) = claims({**NODE, "axes": {"k": [1, 2]}}, {"metric": "m", "expect": "equal", "within": 0}, facts=True)
    assert fact.fact
    assert (fact.parts[0].low, fact.parts[0].high) == (0, 0)


@pytest.mark.parametrize(("change", "message"), MISTAKES)
def test_a_claim_that_cannot_be_meant(change: dict[str, Any], message: str) -> None:
    node = {**NODE, "axes": {"k": [1, 2]}}
    claim = {
        key: value
        for key, value in {**EFFECT, "at": {"k": 1}, **change}.items()
        if value is not None or key == "margin"
    }
    with pytest.raises(ConfigError, match=message):
        claims(node, claim)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"concepts": ["A1.99"]}, r"study\.concepts: no such concept 'A1\.99'; choose from: A1\.1"),
        ({"chapter": "magic"}, r"study\.chapter: expected one of foundations"),
        ({"title": None}, r"study\.title: missing"),
        ({"claim": []}, r"study\.claim: no such key; did you mean 'claims'"),
        ({"seeds": 0}, r"study\.seeds: expected a number of seeds or a list"),
        ({"seeds": [1, 1]}, r"study\.seeds: a seed is listed twice"),
        ({"axes": {"k": []}}, r"study\.axes\.k: expected a list of values"),
        ({"axes": {"k": [1, 1.0]}}, r"study\.axes\.k: a value is listed twice"),
        ({"axes": {"seed": [1]}}, "seeds under study.seeds"),
        ({"arms": {"a": "x=1"}}, r"study\.arms\.a: expected a list of overrides"),
        ({"replicate": "dataset.fold"}, "study.replicate: no such axis 'dataset.fold'"),
        ({"tune": {"key": "optimizer.lr", "values": [1], "by": "val/loss"}}, "a list of two values at least"),
        ({"tune": {"key": "optimizer.lr", "values": [1, 2], "by": "test/loss"}}, "expected a validation metric"),
        ({"plot": {"kind": "pie", "y": "m"}}, "expected one of lines, points"),
        ({"plot": {"kind": "lines", "y": "m"}}, "lines runs along an axis"),
        ({"plot": {"kind": "profile", "y": "m"}}, "a profile needs a star"),
        ({"plot": {"kind": "lines", "y": "m", "x": "kk"}}, "no such axis 'kk'"),
        ({"metrics": {"gap": "a +"}}, r"study\.metrics\.gap: cannot read"),
    ],
)
def test_a_study_that_cannot_be_meant(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study([EFFECT, CONTROL], **{**NODE, **more})


def test_a_study_may_consist_of_facts_alone() -> None:
    myth = {**FACT, "expect_verdict": "refuted", "truth": "it is not"}
    made = study([], facts=[FACT, myth], **NODE)
    assert (made.counts.claims, made.counts.facts, made.counts.myths) == (0, 1, 1)
    both = study([EFFECT, CONTROL], facts=[FACT, myth], **NODE)
    assert (both.counts.claims, both.counts.facts, both.counts.myths) == (2, 1, 1)
    with pytest.raises(ConfigError, match=r"study\.claims: missing; a study needs a claim that can fail, or facts"):
        study([], **NODE)


def test_a_study_with_claims_needs_a_control() -> None:
    with pytest.raises(ConfigError, match="no control"):
        study([EFFECT], **NODE)


@pytest.mark.parametrize("metric", ["parameters", "model.depth", "2 * parameters + 1", "7"])
def test_a_claim_that_no_seed_can_change(metric: str) -> None:
    with pytest.raises(ConfigError, match=r"study\.claims\[0\]\.metric: .* is the same for every seed.*study\.facts"):
        study([{**EFFECT, "metric": metric}, CONTROL], **NODE)


def test_a_setting_that_seeds_choose_can_change() -> None:
    axes = {"model.depth": [1, 2]}
    chosen = {"metric": "model.depth", "arm": "a", "expect": "greater", "margin": 0, "than": 1}
    study([{**chosen, "choose": {"over": "model.depth", "by": "val/loss"}}, {**CONTROL, "at": {"model.depth": 1}}],
          axes=axes, **NODE)  # fmt: skip
    tune = {"key": "optimizer.lr", "values": [1, 2], "by": "val/loss", "per": "seed"}
    study([{**chosen, "metric": "optimizer.lr"}, CONTROL], tune=tune, **NODE)


def test_a_share_that_can_never_fail() -> None:
    share = {"share": "m > 0", "arm": "a", "expect": "between", "range": [-0.1, 1.1]}
    with pytest.raises(ConfigError, match=r"study\.claims\[0\]: contains every possible share"):
        study([share, CONTROL], **NODE)
    study([{**share, "range": [-0.1, 1]}, CONTROL], **NODE)


def test_a_control_that_is_wider_than_its_effect() -> None:
    wide = (
        r"study\.claims\[1\]\.within: 1 is wider than the effect that it controls \(study\.claims\[0\]\.margin: 0\.9\)"
    )
    with pytest.raises(ConfigError, match=wide):
        study([{**EFFECT, "margin": 0.9}, CONTROL], **NODE)
    study([{**EFFECT, "margin": 1}, CONTROL], **NODE)
    study([{**EFFECT, "margin": 0}, CONTROL], **NODE)  # no stated size
    study([{**EFFECT, "margin": 0.1}, {**EFFECT, "expect": "less", "margin": 2}, CONTROL], **NODE)  # the largest
    study([{**EFFECT, "margin": 0.9, "across": "sd"}, CONTROL], **NODE)  # another unit
    ratio = {"metric": "m", "arm": "a", "than": "b", "expect": "less", "factor": 0.5}
    control = {**ratio, "expect": "equal", "factor": 3, "control": True}
    with pytest.raises(ConfigError, match=r"study\.claims\[1\]\.factor: 3 is wider .*study\.claims\[0\]\.factor: 2\)"):
        study([ratio, control], **NODE)
    study([ratio, {**control, "factor": 1.9}], **NODE)


def test_the_smallest_step_of_a_metric() -> None:
    assert claims(NODE, {**EFFECT, "resolution": 0.01})[0].resolution == 0.01
    assert claims(NODE, EFFECT)[0].resolution is None
    with pytest.raises(ConfigError, match=r"study\.claims\[0\]\.resolution: expected a number > 0, got 0"):
        claims(NODE, {**EFFECT, "resolution": 0})
    with pytest.raises(ConfigError, match=r"study\.facts\[0\]\.resolution: a fact is checked in every run"):
        claims(NODE, {**FACT, "resolution": 0.01}, facts=True)


@pytest.mark.parametrize(
    ("say", "message"),
    [
        ("by {valeu}", r"study\.claims\[0\]\.say: no such figure \{valeu\}; did you mean 'value'"),
        (
            "by {value:percents}",
            r"no such format \{value:percents\}; value, size, low, high take percent, times, power",
        ),
        ("at {cell}", r"no such figure \{cell\}"),
        ("at {k}", r"no such figure \{k\}"),
    ],
)
def test_a_figure_that_no_verdict_has(say: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        claims(NODE, {**EFFECT, "say": say})


def test_concepts_of_claims_and_of_facts() -> None:
    listed = study([EFFECT, CONTROL], facts=[FACT], **NODE)
    assert (listed.by_claim, listed.by_fact) == (("A1.2",), ())
    alone = study([], facts=[FACT], **NODE)
    assert (alone.by_claim, alone.by_fact) == ((), ("A1.2",))
    said = study([EFFECT, CONTROL], facts=[FACT], **{**NODE, "concepts": {"claims": ["A1.2"], "facts": ["B5.2"]}})
    assert (said.by_claim, said.by_fact, said.concepts) == (("A1.2",), ("B5.2",), ("A1.2", "B5.2"))
    with pytest.raises(ConfigError, match=r"study\.concepts\.claims: the study has no claims that could test A1\.2"):
        study([], facts=[FACT], **{**NODE, "concepts": {"claims": ["A1.2"]}})
    with pytest.raises(ConfigError, match=r"study\.concepts\.facts: the study has no facts that could test A1\.2"):
        study([EFFECT, CONTROL], **{**NODE, "concepts": {"facts": ["A1.2"]}})


def test_seeds_that_can_never_decide() -> None:
    few = {"arms": ARMS, "seeds": 5}
    with pytest.raises(
        ConfigError, match=r"study\.claims\[0\]: 5 seeds can never lead to a verdict; it takes 6 at least"
    ):
        require_seeds(study([{**EFFECT, "across": "median"}, CONTROL], **few))
    require_seeds(study([{**EFFECT, "across": "median"}, CONTROL], arms=ARMS, seeds=6))
    with pytest.raises(ConfigError, match="2 seeds can never"):
        require_seeds(study([EFFECT, CONTROL], arms=ARMS, seeds=2))
    # McNemar with k pairs that all disagree: 2 / 2^k <= 0.025 asks for 7
    share = {"share": "m > 0", "arm": "a", "than": "b", "expect": "greater", "margin": 0}
    with pytest.raises(ConfigError, match="takes 7 at least"):
        require_seeds(study([share, CONTROL], arms=ARMS, seeds=6))


def test_each_judges_every_level() -> None:
    found = claims({**NODE, "axes": {"k": [1, 2, 3]}}, {**EFFECT, "each": ["k"], "at": {"k": [1, 3]}})
    assert [claim.parts[0].left.where["k"] for claim in found] == [("1",), ("3",)]


def test_a_factor_needs_something_to_divide_by() -> None:
    with pytest.raises(ConfigError, match="needs something to divide by"):
        claims(NODE, {"metric": "m", "arm": "a", "expect": "greater", "factor": 2})


def test_a_threshold_needs_both_sides() -> None:
    node = {"axes": {"k": [1, 2]}, "seeds": 3}
    claim = {"metric": "m", "expect": "threshold", "when": "k > 5", "below": 1, "otherwise_above": 2}
    with pytest.raises(ConfigError, match="the same in every cell"):
        claims(node, claim)
    with pytest.raises(ConfigError, match="overlap"):
        claims(node, {**claim, "when": "k > 1", "otherwise_above": 0})


def test_cells_are_the_product_less_what_is_excluded() -> None:
    node = {"arms": ARMS, "axes": {"k": [1, 2], "data": {"clean": ["n=0"], "noisy": ["n=1", "m=2"]}}, "seeds": 2}
    found = cells(study_axes(node), [{"arm": "b", "k": 2}, {"data": "noisy", "k": [1]}], ["fixed=1"])
    assert len(found) == 2 * 2 * 2 * 2 - 4 - 4
    assert found[0].labels == {"arm": "a", "k": "1", "data": "clean", "seed": "0"}
    assert found[0].overrides == ("x=1", "k=1", "n=0", "seed=0", "fixed=1")
    with pytest.raises(ConfigError, match="no such axis 'kk'"):
        cells(study_axes(node), [{"kk": 1}])
    with pytest.raises(ConfigError, match="leaves no run"):
        cells(study_axes(node), [{"k": [1, 2]}])
