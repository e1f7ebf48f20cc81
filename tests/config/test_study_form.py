"""Every kind of value at every key of a study: each wrong one is answered by name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dlx.errors import ConfigError
from dlx.study.read.study import study_of
from dlx.sweep.cells import MOST_RUNS, Level, cells, study_axes
from tests.config.nodes import changed, places

EFFECT = {"metric": "m", "arm": "a", "than": "b", "expect": "greater", "margin": 0, "at": {"k": 1}}
CONTROL = {**EFFECT, "expect": "equal", "within": 1, "control": True}
CONTROL.pop("margin")
WHOLE: dict[str, Any] = {
    "title": "t", "question": "q", "why": "w", "chapter": "foundations", "concepts": {"claims": ["A1.2"]},
    "reference": {"work": "A 2000", "figure": "0.9"}, "seeds": 10, "arms": {"a": ["x=1"], "b": ["x=2"]},
    "axes": {"k": [1, 2], "d": {"one": ["y=1"]}}, "exclude": [{"k": 2, "arm": "a"}], "replicate": "seed",
    "metrics": {"m": "a - b"}, "diverged": 0.1,
    "tune": {"key": "optimizer.lr", "values": [1, 2], "by": "val/loss", "seeds": 1},
    "pretrain": {"overrides": ["z=1"], "into": "model.init_from", "arms": ["a"], "with": ["k"]},
    "claims": [
        EFFECT, CONTROL, {**EFFECT, "choose": {"over": "k", "by": "val/loss", "per": "seed"}, "at": {}},
        {**EFFECT, "reduce": [{"over": "k", "by": "max"}], "at": {}, "across": {"by": "bias", "truth": 1}},
        {**EFFECT, "than": {"metric": "n", "arm": "b"}, "minus": {"k": 2}, "each": ["d"], "resolution": 1},
        {"metric": "m", "expect": "increasing", "over": "k", "margin": 0, "at": {"arm": "a"}},
        {"metric": "m", "arm": "a", "expect": "between", "range": [0, 1], "at": {"k": 1}},
        {"metric": "m", "arm": "a", "expect": "threshold", "when": "k > 1", "below": 1, "otherwise_above": 2},
    ],
    "facts": [{"metric": "m", "expect": "identity", "tolerance": 0, "expect_verdict": "refuted", "truth": "no"}],
    "plot": [{"kind": "lines", "x": "k", "y": "m", "by": "arm", "at": {"d": "one"}, "log_x": True}],
}  # fmt: skip
VALUES: list[Any] = [
    None, True, 5, -1.5, 10**299, float("nan"), "", "x", "é[/red]", [], [1], [[1]], [None], ["a", "a"], [{}], {},
    {"a": 1}, {"a": []}, {"a": None}, {5: [1]}, {None: 1}, {"a": {"b": {}}}, [[["x"]]], {"": ["x=1"]},
    ["x"] * 3, {"k": [[1, 2]]},
]  # fmt: skip


def test_the_whole_form_is_a_study() -> None:
    assert len(study_of("made", WHOLE).claims) == 8


@pytest.mark.parametrize("path", places(WHOLE), ids=lambda path: ".".join(map(str, path)))
def test_every_kind_of_value_at_every_key(path: tuple[Any, ...]) -> None:
    for value in VALUES:
        node = changed(WHOLE, path, value)
        try:
            study = study_of("made", node)
            cells(study_axes(node), study.exclude)
        except ConfigError as error:
            message = str(error)
            assert re.match(r"study\.\w+|--", message), f"{value!r}: {message}"
            assert "\n" not in message
            assert len(message) < 600


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("axes", 5, "study.axes: expected axes with lists of values, got 5"),
        ("metrics", {"a": True}, "study.metrics.a: expected an expression such as"),
        ("concepts", [[1]], "study.concepts[0]: expected the id of a concept"),
        ("replicate", ["a"], "study.replicate: expected the name of an axis, got ['a']"),
        ("exclude", 5, "study.exclude: expected a list such as"),
        ("plot", {"kind": "lines", "x": ["a"], "y": "m"}, "study.plot.x: expected the name of an axis, got ['a']"),
        ("claims", [{**EFFECT, "expect": ["x"]}], "study.claims[0].expect: expected one of greater"),
        ("metrics", {"a": {}}, "study.metrics.a: expected an expression"),
        ("metrics", {"a": "2 **"}, "study.metrics.a: cannot read the expression"),
        ("seeds", 3 * 10**9, "study.seeds: expected at most 100,000 seeds, got 3,000,000,000"),
    ],
)
def test_names_the_key_and_what_was_expected(path: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        study_of("made", {**WHOLE, path: value})


def test_a_sweep_of_too_many_runs() -> None:
    levels = [Level(number, ()) for number in range(400)]
    with pytest.raises(ConfigError, match=rf"expected at most {MOST_RUNS:,} runs in a sweep, got 160,000"):
        cells({"a": levels, "b": levels})
