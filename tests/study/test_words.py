"""Verdicts in words: figures that stay apart from 1, levels, closest cells, and controls that are not zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dlx.study.book.numbers import fill, number, percent, power, ratio, times
from dlx.study.book.words import sentence, statement, statistics
from dlx.study.judge.verdict import Verdict
from tests.study.synthetic import ARMS, claims

NODE = {"arms": ARMS, "axes": {"k": [1, 2, 4]}, "seeds": 5}
LEFT = {"metric": "m", "arm": "a", "at": {"k": 1}}
RATIO = {**LEFT, "than": "b", "expect": "less", "factor": 0.5}
CONTROL = {**LEFT, "than": "b", "expect": "equal", "within": 0.1, "control": True}


def verdict(written: Mapping[str, Any], facts: bool = False, **found: Any) -> Verdict:
    """Return a verdict with given figures."""
    read = claims(NODE, written, facts=facts)
    return Verdict(read[0], **{"verdict": "holds", "n": 5, "level": 0.955, **found})


@pytest.mark.parametrize(
    ("value", "plain", "as_ratio", "as_percent"),
    [
        (1.0, "1", "1", "100 %"),
        (1.0004, "1.0004", "1.0004", "100.04 %"),
        (0.9996, "0.9996", "0.9996", "99.96 %"),
        (1.0000002, "1", "1.0000002", "100.00002 %"),
        (1 - 2e-13, "1", "1 - 2e-13", "100 %"),
        (0.23456, "0.235", "0.235", "23.5 %"),
        (-0.125, "-0.125", "-0.125", "-12.5 %"),
        (12345.6, "12346", "12346", "1.23e6 %"),
    ],
)
def test_a_figure_close_to_1_is_not_written_as_1(value: float, plain: str, as_ratio: str, as_percent: str) -> None:
    assert (number(value), ratio(value), percent(value)) == (plain, as_ratio, as_percent)


def test_times_and_powers() -> None:
    assert (times(450123.0), times(2.0), times(1.0004)) == ("450,000 times", "2 times", "1.0004 times")
    assert (power(5.65), power(-0.631), power(0.0)) == ("447,000", "0.234", "1")


def test_figures_of_a_sentence() -> None:
    less = verdict(RATIO, value=0.25, low=0.2, high=0.4)
    assert fill("{times} lower ({low:times} to {high:times})", less) == "4 times lower (2.5 times to 5 times)"
    assert fill("{percent} of it, {low:percent} to {high:percent}", less) == "25 % of it, 20 % to 40 %"
    twice = verdict({**RATIO, "factor": 2}, value=1.5, low=1.2, high=1.8)  # less than twice: no inverse
    assert fill("{times}", twice) == "1.5 times"
    log = verdict({**LEFT, "than": "b", "expect": "less", "margin": 1}, value=-2.0, low=-3, high=-1)
    trend = {"metric": "m", "arm": "a", "expect": "increasing", "over": "k", "margin": 0}
    step = verdict({**trend, "at": {"k": [1, 4]}, "say": "least at {cell}"})
    assert fill("least at {cell}", step) == "least at k=1 to 4"
    assert fill("{value}, {size}, {power}, {size:power}", log) == "-2, 2, 0.01, 100"
    assert fill("least at {cell}", replace(step, closest="k=2 to 4")) == "least at k=2 to 4"


def test_the_level_stands_with_the_interval() -> None:
    found = verdict(RATIO, value=0.25, low=0.2, high=1.0004, level=0.985)
    assert "value 0.25, 98.5 % interval 0.2 to 1.0004, 5 seeds, factor 0.5" in statistics(found)
    assert "95.25 % interval" in statistics(replace(found, level=0.9525))
    assert "99.98 % interval" in statistics(replace(found, level=0.99975))


def test_a_ratio_of_a_fact_is_a_ratio() -> None:
    fact = {**LEFT, "than": "b", "expect": "equal", "factor": 1.001, "say": "They are equal"}
    same = verdict(fact, True, value=1.0000002, low=1.0000002, high=1.0000002, n=1)
    assert sentence(same) == "They are equal (true: ratio 1.0000002, 1 run, factor 1.001)."
    wide = verdict(fact, True, value=1.0004, low=0.9999, high=1.0004, n=5)
    assert "true: ratio 0.9999 to 1.0004 in all runs, 5 runs" in sentence(wide)
    plain = {**LEFT, "than": "b", "expect": "identity", "tolerance": 1e-6}
    assert "off by 2e-7 at most" in sentence(verdict(plain, True, value=2e-7, low=-1e-7, high=2e-7))
    assert "value 3 to 7 in all runs" in sentence(
        verdict({**LEFT, "expect": "between", "range": [1, 9]}, True, value=3, low=3, high=7)
    )


def test_the_closest_cell_of_several_is_named() -> None:
    trend = {"metric": "m", "arm": "a", "expect": "increasing", "over": "k", "margin": 0, "say": "It rises"}
    (read,) = claims(NODE, trend)
    assert [read.cell(part) for part in read.parts] == ["k=1 to 2", "k=2 to 4"]
    (step,) = claims(NODE, {**trend, "at": {"k": [1, 4]}})
    assert step.cell(step.parts[0]) == "k=1 to 4"
    found = verdict(trend, value=0.1, low=0.05, high=0.15, closest="k=2 to 4")
    assert "value 0.1, closest: k=2 to 4, 95.5 % interval" in sentence(found)
    rule = {"metric": "m", "arm": "a", "expect": "threshold", "when": "k > 1", "below": 0, "otherwise_above": 0}
    (read,) = claims(NODE, rule)
    assert [read.cell(part) for part in read.parts] == ["k=1", "k=2", "k=4"]


def test_a_control_that_is_not_zero_says_so() -> None:
    assert "within the margin, but not zero" in sentence(verdict(CONTROL, value=0.05, low=0.01, high=0.09))
    assert "not zero" not in sentence(verdict(CONTROL, value=0.05, low=-0.01, high=0.09))
    assert "not zero" not in sentence(verdict(CONTROL, value=0.2, low=0.11, high=0.3, verdict="refuted"))
    assert "not zero" not in sentence(verdict({**CONTROL, "control": False}, value=0.05, low=0.01, high=0.09))
    factor = {**LEFT, "than": "b", "expect": "equal", "factor": 2, "control": True}
    assert "within the margin, but not one" in sentence(verdict(factor, value=1.2, low=1.1, high=1.3))
    assert "not one" not in sentence(verdict(factor, value=1.2, low=0.9, high=1.3))
    chance = {**LEFT, "expect": "between", "range": [0.2, 0.4], "control": True}
    assert "not zero" not in sentence(verdict(chance, value=0.3, low=0.25, high=0.35))


def test_the_number_of_seeds_that_would_decide() -> None:
    found = verdict(CONTROL, verdict="inconclusive", value=0.1, low=0, high=0.2, needed=1200)
    assert "inconclusive; about 1,200 seeds would decide with 80 % power: " in sentence(found)
    assert "about 12 levels of dataset.fold would decide" in sentence(replace(found, needed=12), "dataset.fold")
    assert "10,000 seeds would not decide" in sentence(replace(found, needed=0))
    assert "inconclusive; too skewed; about 20 seeds would" in sentence(replace(found, needed=20, reason="too skewed"))


def test_the_level_of_each_has_its_place_in_the_words() -> None:
    each = {**RATIO, "at": {}, "each": "k"}
    named = verdict({**each, "say": "With {k} layers a loses"}, value=0.2, low=0.1, high=0.3)
    assert statement(named) == "With 1 layers a loses."
    behind = verdict({**each, "say": "It loses"}, value=0.2, low=0.1, high=0.3)
    assert statement(behind) == "It loses [k=1]."
