"""A claim in one typed sentence: `test/loss: regularizer=dropout < regularizer=none by 0.05 at model.depth=2,4`.

METRIC: LEFT < RIGHT, where a side is overrides or a number. A chain (A < B < C) and sentences after a semicolon are
several claims, all of which must be true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dlx.errors import ConfigError
from dlx.study.read.expression import parse
from dlx.study.read.typed_clauses import Clauses, before_clauses, clauses_of
from dlx.study.read.typed_side import EXAMPLE, Arm, side, words

SIGN = re.compile(r"<=|>=|==|!=|[<>≈]|(?<=\s)=(?=\s)")
EXPECT = {"<": "less", ">": "greater", "==": "equal", "=": "equal", "≈": "equal"}
FLIPPED = {"less": "greater", "greater": "less", "equal": "equal"}
OTHERS = {"<=": "<", ">=": ">", "!=": "<"}  # signs that are not available, and the one to write instead


@dataclass(frozen=True)
class Comparison:
    """One comparison of two sides.

    Attributes:
        metric: the compared expression.
        left, right: its sides; the left one has overrides.
        expect: less, greater or equal.
        size: the margin or tolerance, or the factor.
        ratio: True if the size is a factor.
    """

    metric: str
    left: Arm
    right: Arm
    expect: str
    size: float
    ratio: bool


@dataclass(frozen=True)
class Typed:
    """The claims of one typed text.

    Attributes:
        text: the text with single spaces.
        comparisons: the comparisons.
        at: levels as typed, by axis.
    """

    text: str
    comparisons: tuple[Comparison, ...]
    at: dict[str, tuple[str, ...]]

    @property
    def arms(self) -> list[Arm]:
        """The distinct sides that have overrides, in order of appearance."""
        sides = [side for one in self.comparisons for side in (one.left, one.right) if side.number is None]
        return list(dict.fromkeys(sides))


def read_claim(text: str) -> Typed:
    """Return the claims that a text states.

    Raises:
        ConfigError: The text states none, or one that cannot be judged; the message shows the form.
    """
    text = " ".join(text.split())
    comparisons: list[Comparison] = []
    at: dict[str, tuple[str, ...]] = {}
    metric = ""
    for sentence in filter(None, (part.strip() for part in text.split(";"))):
        head, colon, rest = sentence.partition(":")
        metric, rest = (head.strip(), rest) if colon else (metric, sentence)
        if not metric:
            raise ConfigError(f"claim {text!r}: expected METRIC: LEFT < RIGHT, such as {EXAMPLE}")
        parse(metric, "claim: the metric")
        found, own = comparisons_of(metric, rest)
        comparisons += found
        for key, levels in own.items():
            if at.setdefault(key, levels) != levels:
                raise ConfigError(f"claim: at {key}= is given twice, with different levels; give it once")
    if not comparisons:
        raise ConfigError(f"claim: expected a sentence such as {EXAMPLE}")
    return Typed(text, tuple(comparisons), at)


def comparisons_of(metric: str, text: str) -> tuple[list[Comparison], dict[str, tuple[str, ...]]]:
    """Return the comparisons of one sentence behind its metric, and the levels behind `at`."""
    signs = SIGN.findall(text)
    if not signs:
        raise ConfigError(
            f"claim {text.strip()!r}: has no comparison; expected <, > or == between two sides: {EXAMPLE}"
        )
    for sign in signs:
        if sign in OTHERS:
            raise ConfigError(f"claim: {sign} is not available; expected <, > or == (with within), such as {EXAMPLE}")
    *sides, last = SIGN.split(text)
    last, tail = before_clauses(last)
    read = [side(part) for part in (*sides, last)]
    expects = [EXPECT[sign] for sign in signs]
    clauses = clauses_of(tail, set(expects))
    found = []
    for expect, (left, factor), (right, other) in zip(expects, read, read[1:], strict=False):
        found.append(compared(metric, expect, (left, factor), (right, other), clauses))
    return found, clauses.at


def compared(
    metric: str, expect: str, left: tuple[Arm, float | None], right: tuple[Arm, float | None], clauses: Clauses
) -> Comparison:
    """Return one comparison of two sides, each with the factor before or behind it."""
    (first, factor), (second, other) = left, right
    if first == second:
        raise ConfigError(f"claim: both sides are {words(first)}; a claim compares two that differ, such as {EXAMPLE}")
    if first.number is not None and second.number is not None:
        raise ConfigError(f"claim: both sides are numbers; expected overrides on one side, such as {EXAMPLE}")
    if factor is not None and other is not None:
        raise ConfigError("claim: both sides have a factor; give one of them")
    if factor is not None or first.number is not None:  # 2 * A > B is B < 2 * A, and 0.9 < A is A > 0.9
        first, second, factor, other, expect = second, first, other, factor, FLIPPED[expect]
        if first.number is not None:
            raise ConfigError("claim: a factor multiplies overrides, not a number; write the product as a number")
    size, ratio = clauses.size, clauses.ratio
    if other is not None:
        if size or ratio:
            raise ConfigError("claim: expected a factor (*1.2), by or within, not two of them")
        if expect == "equal":
            raise ConfigError("claim: == takes a factor behind within: within *1.2")
        size, ratio = other, True
    if ratio and second.number == 0:
        raise ConfigError("claim: a ratio to 0 is not defined; compare by a difference (by 0.05)")
    return Comparison(metric, first, second, expect, size, ratio)
