"""Facts: what is checked in every run, by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from dlx.errors import ConfigError
from dlx.study.book.words import sentence
from dlx.study.judge.facts import check_fact, check_facts
from dlx.study.judge.verdict import Verdict, word_of
from tests.study.synthetic import ARMS, claims, grid_of, study

ONE = {"metric": "m", "than": 1.0, "expect": "identity", "tolerance": 1e-6, "arm": "a"}
EVERY = {"metric": "m", "arm": "a", "than": "b", "expect": "greater", "margin": 0}


def check(fact: Mapping[str, Any], draw: Any, **node: Any) -> Verdict:
    """Check one fact alone."""
    node = {"arms": ARMS, "seeds": 5, **node}
    (read,) = claims(node, fact, facts=True)
    return check_fact(read, grid_of(node, draw))


def test_a_fact_is_true_in_every_run_or_false() -> None:
    assert check(ONE, lambda at: {"m": 1 + 1e-7}, seeds=1).word == "true"
    assert check({**ONE, "tolerance": 0}, lambda at: {"m": 1.0}).word == "true"
    worst = check(ONE, lambda at: {"m": 1 + (1e-3 if at["seed"] == 3 else 0)})
    assert (worst.word, worst.value, worst.closest) == ("false", pytest.approx(1e-3), "seed=3")
    assert (worst.n, worst.p, worst.reason) == (5, None, "")


def test_axes_that_are_left_open_are_checked() -> None:
    axes = {"k": [1, 2]}
    true = check(EVERY, lambda at: {"m": at["k"] + (at["arm"] == "a")}, axes=axes)
    assert (true.word, true.n, true.low, true.high) == ("true", 10, 1, 1)
    false = check(EVERY, lambda at: {"m": float(at["arm"] == "a" and at["k"] == 1)}, axes=axes)
    assert (false.word, false.closest) == ("false", "k=2, seed=0")


def test_an_excluded_cell_is_not_checked() -> None:
    node = {"axes": {"k": [1, 2]}, "exclude": [{"arm": "b", "k": 2}]}
    found = check(EVERY, lambda at: {"m": float(at["arm"] == "a")}, **node)
    assert (found.word, found.n) == ("true", 5)
    with pytest.raises(ConfigError, match="no run has"):
        check({**EVERY, "at": {"k": 2}}, lambda at: {"m": 1.0}, **node)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_value_that_is_not_finite_is_an_outcome(value: float) -> None:
    one = check(ONE, lambda at: {"m": value if at["seed"] == 1 else 1.0})
    assert (one.word, one.closest, one.reason) == ("false", "seed=1", "1 of 5 values are not finite")
    assert one.value == pytest.approx(0)  # of the runs that have one
    both = check(EVERY, lambda at: {"m": value})
    assert (both.word, both.reason) == ("false", "5 of 5 values are not finite")


def test_a_diverged_run_is_an_outcome() -> None:
    lost = check(EVERY, lambda at: "diverged" if at["seed"] == 2 else {"m": float(at["arm"] == "a")})
    assert (lost.word, lost.closest, lost.statuses["diverged"]) == ("false", "seed=2", 2)
    assert check(EVERY, lambda at: "diverged").word == "false"
    assert sentence(check({**EVERY, "say": "A wins"}, lambda at: "diverged")) == (
        "A wins (false at seed=0; 5 of 5 values are not finite: 5 runs, margin 0, 10 runs diverged)."
    )
    status = {"metric": "diverged", "arm": "a", "than": 1, "expect": "identity", "tolerance": 0}
    assert check(status, lambda at: "diverged").word == "true"
    counted = check({**EVERY, "diverged": 0}, lambda at: "diverged" if at["arm"] == "b" else {"m": 1.0})
    assert (counted.word, counted.value) == ("true", 1)


def test_a_failed_run_leaves_a_fact_unknown() -> None:
    def draw(value: float) -> Any:
        return lambda at: "failed" if at["seed"] == 0 else {"m": value}

    assert check(ONE, draw(1.0)).word == "unknown"
    assert "1 runs have failed" in check(ONE, draw(1.0)).reason
    assert check(ONE, draw(2.0)).word == "false"


def test_a_ratio_is_one_of_every_pair() -> None:
    ratio = {"metric": "m", "arm": "a", "than": "b", "expect": "equal", "factor": 2}
    found = check(ratio, lambda at: {"m": (1.5 if at["seed"] else 1.9) if at["arm"] == "a" else 1.0})
    assert (found.word, found.low, found.high) == ("true", pytest.approx(1.5), pytest.approx(1.9))
    assert found.value == pytest.approx(1.9)
    zero = check(ratio, lambda at: {"m": 0.0})
    assert (zero.word, zero.reason) == (
        "false",
        "5 of 5 ratios are not defined (a value is not finite, or not above 0)",
    )


def test_the_part_that_is_false_is_named() -> None:
    trend = {"metric": "m", "expect": "increasing", "over": "k", "margin": 0, "arm": "a"}
    found = check(trend, lambda at: {"m": {1: 0.0, 2: 3.0, 4: 2.0}[at["k"]]}, axes={"k": [1, 2, 4]})
    assert (found.word, found.closest, found.value) == ("false", "k=2 to 4, seed=0", -1)
    rule = {"metric": "m", "expect": "threshold", "when": "k > 1", "below": 1, "otherwise_above": 2, "arm": "a"}
    node = {"axes": {"k": [1, 2]}, "seeds": 1}
    true = check(rule, lambda at: {"m": 3.0 if at["k"] == 1 else 0.9}, **node)
    assert (true.word, true.closest, true.value) == ("true", "k=2", 0.9)
    assert check(rule, lambda at: {"m": 3.0}, **node).closest == "k=2"


def test_interactions_and_reductions() -> None:
    node = {"axes": {"k": [1, 2]}}
    most = {**EVERY, "reduce": {"over": "k", "by": "max"}, "margin": 1}
    assert check(most, lambda at: {"m": at["k"] * (2.0 if at["arm"] == "a" else 1.0)}, **node).value == 2
    minus = {**EVERY, "at": {"k": 2}, "minus": {"k": 1}, "expect": "identity", "tolerance": 1e-9}
    del minus["margin"]
    assert check(minus, lambda at: {"m": at["k"] + 5.0 * (at["arm"] == "a")}, **node).word == "true"


def test_a_study_of_facts_alone_is_true_or_false() -> None:
    myth = {**EVERY, "expect_verdict": "refuted", "truth": "they are equal"}
    both = study([], facts=[ONE, myth], arms=ARMS, seeds=2)
    found = check_facts(both, grid_of({"arms": ARMS, "seeds": 2}, lambda at: {"m": 1.0}))
    assert [(one.word, one.as_expected) for one in found] == [("true", True), ("false", True)]
    assert (word_of([], found), word_of([], found[1:])) == ("true", "false")
