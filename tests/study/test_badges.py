"""Badges: the effect, how certain it is, what it cost and how often the study looked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from dlx.stored.result import RESULT
from dlx.study.book.badges import Badge, badges
from dlx.study.book.page import badge_row
from dlx.study.read.shelf import read_study


def claim(**changes: Any) -> dict[str, Any]:
    """Return a recorded claim."""
    own = {"said": "a", "expect": "less", "verdict": "holds", "expected": "holds", "value": -0.848, "low": -0.855}
    return own | {"high": -0.837, "level": 0.99, "n": 21, "p": 1e-9} | changes


def result(*claims: dict[str, Any], **changes: Any) -> Any:
    """Return a result with some claims."""
    arms = {"axes": [], "metrics": [], "rows": []}
    own = {
        "name": "residual_depth",
        "title": "t",
        "verdict": "holds",
        "claims": list(claims),
        "arms": arms,
        "seeds": [0],
    }
    seconds = {"runs": 265.0, "wall": 1.0}
    return RESULT(own | {"seeds": [0], "runs": 84, "seconds": seconds, "as_expected": True} | changes, "")


def texts(found: Any, study: Any = None) -> dict[str, str]:
    """Return the badges by their kind."""
    return {one.kind: one.text for one in badges(found, study)}


@pytest.fixture
def study() -> Any:
    """Return a study with the first claim of residual_depth: less by a margin of 0.3."""
    own = read_study("residual_depth")
    return replace(own, claims=own.claims[:1])


def test_effect_certainty_and_cost(study: Any) -> None:
    found = texts(result(claim()), study)
    assert found["outcome"] == "1 claim holds"
    assert found["effect"] == "training accuracy −0.848"
    assert found["certainty"] == "far beyond the margin, 21 seeds"  # 0.537 from -0.3, 60 half widths of 0.009
    assert found["cost"] == "84 runs, 4 min"
    assert found["looks"] == "1 of 3 looks taken"


def test_an_interval_near_the_margin_is_no_certainty(study: Any) -> None:
    found = texts(result(claim(value=-0.35, low=-0.38, high=-0.32)), study)
    assert found["certainty"] == "just beyond the margin, 21 seeds"


def test_what_failed_is_not_green(study: Any) -> None:
    own = result(claim(verdict="inconclusive", value=-0.2, low=-0.4, high=0.0), as_expected=False)
    tones = {one.kind: one.tone for one in badges(own, study)}
    assert tones["outcome"] == "open"
    assert tones["effect"] == "open"
    assert texts(own, study)["certainty"] == "undecided with 21 seeds"
    wrong = result(claim(verdict="refuted"), as_expected=False)
    assert {one.kind: one.tone for one in badges(wrong, study)}["outcome"] == "bad"


def test_without_the_study_the_number_alone() -> None:
    assert texts(result(claim()))["effect"] == "−0.848"


def test_a_number_without_a_name_is_called_measured() -> None:
    found = [Badge("effect", "−0.848"), Badge("effect", "test loss × 2"), Badge("looks", "1 of 3")]
    assert re.findall(r">([^<]+)<", badge_row(found)) == ["measured −0.848", " ", "test loss × 2", " ", "1 of 3"]


def test_a_study_of_facts_has_no_look() -> None:
    looks = [{"seeds": [0], "verdict": "holds", "claims": []}]
    own = result(facts=[claim(p=None, value=None, verdict="true", expected="true")], looks=looks)
    assert "looks" not in texts(own)


def test_looks_are_counted() -> None:
    looks = [{"seeds": [0], "verdict": "inconclusive", "claims": ["inconclusive"]}] * 2
    assert texts(result(claim(), looks=looks))["looks"] == "2 of 3 looks taken"
