"""Expressions against the same ones in Python."""

from __future__ import annotations

import math

import pytest

from dlx.errors import ConfigError
from dlx.study.read.expression import parse

RUN = {
    "train/loss": 0.25,
    "test/loss": 1.0,
    "model.depth": 30,
    "test/scale_0.7/accuracy": 0.5,
    "gradient/norm/*": [4.0, 1.0],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("test/loss - train/loss", 0.75),
        ("test/loss / train/loss", 4.0),
        ("-test/loss**2 + 2 * train/loss", -0.5),
        ("log10(train/loss * 400)", 2.0),
        ("abs(train/loss - test/loss)", 0.75),
        ("test/scale_0.7/accuracy * model.depth", 15.0),
        ("max(gradient/norm/*) / min(gradient/norm/*)", 4.0),
        ("mean(gradient/norm/*, test/loss)", 2.0),
        ("sqrt(4) + exp(0) + log2(8) + log(1)", 6.0),
        ("test/loss > 0.5 and not model.depth < 30", 1.0),
        ("0.2 < train/loss < 0.3", 1.0),
        ("test/loss < 0.5 or model.depth == 30", 1.0),
        (3, 3.0),
    ],
)
def test_means_what_it_says(text: str, value: float) -> None:
    assert parse(text, "m")(RUN.__getitem__) == pytest.approx(value)


def test_what_is_undefined_is_no_number() -> None:
    assert parse("log10(a)", "m")(lambda name: 0.0) == -math.inf
    assert math.isnan(parse("log(a)", "m")(lambda name: -1.0))
    assert math.isnan(parse("a > 1", "m")(lambda name: math.nan))
    assert math.isnan(parse("not a > 1", "m")(lambda name: math.nan))
    assert parse("1 / a", "m")(lambda name: 0.0) == math.inf


def test_tells_its_names() -> None:
    assert parse("log10(a/b.c) - max(d/*)  + min(e, a/b.c)", "m").names == ("a/b.c", "d/*", "e")


def test_may_call_others_by_their_names() -> None:
    named = {"gap": "train/accuracy - test/accuracy", "log": "test/loss"}
    runs = {"train/accuracy": 0.9, "test/accuracy": 0.4, "gap/other": 7.0, "test/loss": 100.0}
    assert parse("gap", "here", named)(runs.__getitem__) == 0.5
    assert parse("2 * gap + 1", "here", named)(runs.__getitem__) == 2.0
    assert parse("gap/other", "here", named)(runs.__getitem__) == 7.0  # a path that begins alike
    assert parse("log10(log)", "here", named)(runs.__getitem__) == 2.0
    assert parse("exp(log(log) / 2)", "here", named)(runs.__getitem__) == pytest.approx(10.0)
    assert parse("2 * gap", "here", named).names == ("train/accuracy", "test/accuracy")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')",
        "a.b()",
        "[1]",
        "(lambda: 1)()",
        "a if b else c",
        "a[0]",
        "'x'",
        "a @ b",
        "f(a)",
        "a +",
        "",
    ],
)
def test_reads_nothing_else(text: str) -> None:
    with pytest.raises(ConfigError, match=r"study\.metric"):
        parse(text, "study.metric")


def test_names_the_nearest_function() -> None:
    with pytest.raises(ConfigError, match="did you mean 'log10'"):
        parse("log_10(a)", "m")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gradient/norm/*", r"gradient/norm/\* matches several metrics; make one number of them"),
        ("abs(x/*) + 1", r"x/\* matches several metrics"),
        ("x/* > 1", "a star matches several metrics"),
        ("9" * 400, "expected numbers up to"),
        ("-" * 1500 + "1", "nested too deeply"),
        ("-" * 3000 + "1", "at most 2,000 signs"),
        ("(" * 190 + "1" + ")" * 190, "1"),
        ("abs(" * 150 + "1" + ")" * 150, "nested too deeply"),
        ("(" * 400 + "1" + ")" * 400, "cannot read|nested too deeply"),
        ("log10(a, b)", "expected one value, got 2"),
        ("mean()", "expected a value at least, got 0"),
        ("1or 2", "cannot read"),
        ("a\0", "cannot read"),
        ("\uff3fn0 + a", "in ASCII"),
        ("1j", "only"),
    ],
)
def test_what_would_hang_or_break(text: str, message: str) -> None:
    if message == "1":
        assert parse(text, "m")(RUN.__getitem__) == 1
        return
    with pytest.raises(ConfigError, match=message) as caught:
        parse(text, "study.metric")
    assert len(str(caught.value)) < 300


def test_powers_and_functions_of_several_values() -> None:
    assert parse("2 ** -1", "m")(RUN.__getitem__) == 0.5
    assert parse("max(abs(-gradient/norm/* ** 2))", "m")(RUN.__getitem__) == 16.0
    assert parse("sum(sqrt(gradient/norm/*))", "m")(RUN.__getitem__) == 3.0
