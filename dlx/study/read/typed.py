"""A claim in one typed sentence: `test/loss: regularizer=dropout < regularizer=none by 0.05 at model.depth=2,4`.

METRIC: LEFT < RIGHT, where a side is overrides or a number. A chain (A < B < C) and sentences after a semicolon are
several claims, all of which must be true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dlx.config.aliases import full_name, meant
from dlx.config.overrides import check, quoted
from dlx.errors import ConfigError
from dlx.study.read.expression import parse

EXAMPLE = "'test/loss: regularizer=dropout < regularizer=none'"
SIGN = re.compile(r"<=|>=|==|!=|[<>≈]|(?<=\s)=(?=\s)")
WORDS = ("by", "within", "at")
EXPECT = {"<": "less", ">": "greater", "==": "equal", "=": "equal", "≈": "equal"}
FLIPPED = {"less": "greater", "greater": "less", "equal": "equal"}
OTHERS = {"<=": "<", ">=": ">", "!=": "<"}  # signs that are not available, and the one to write instead


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: the overrides of its runs, or a number."""

    overrides: tuple[str, ...] = ()
    number: float | None = None


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


@dataclass(frozen=True)
class Clauses:
    """The words that follow a comparison: `by`, `within` and `at`."""

    size: float
    ratio: bool
    at: dict[str, tuple[str, ...]]


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


def before_clauses(text: str) -> tuple[str, list[str]]:
    """Return the side of a comparison, and the words from the first `by`, `within` or `at` on."""
    tokens = text.split()
    place = next((number for number, token in enumerate(tokens) if token in WORDS), len(tokens))
    return " ".join(tokens[:place]), tokens[place:]


def clauses_of(tokens: Sequence[str], expects: set[str]) -> Clauses:
    """Return the clauses behind a comparison.

    Raises:
        ConfigError: A clause has no value, or does not go with the comparison.
    """
    size, ratio = None, False
    at: dict[str, tuple[str, ...]] = {}
    place = 0
    while place < len(tokens):
        word, place = tokens[place], place + 1
        values = []
        while place < len(tokens) and tokens[place] not in WORDS:
            values.append(tokens[place])
            place += 1
        if word == "at":
            at |= levels_of(values)
            continue
        if size is not None:
            raise ConfigError("claim: expected by or within once")
        if (word == "within") != (expects == {"equal"}):
            raise ConfigError("claim: by goes with < and >, within with ==")
        size, ratio = size_of(word, " ".join(values), expects == {"equal"})
    if size is None and "equal" in expects:
        raise ConfigError(f"claim: == needs a tolerance: {EXAMPLE[:-1].replace('<', '==')} within 0.02'")
    return Clauses(size or 0.0, ratio, at)


def size_of(word: str, text: str, equal: bool) -> tuple[float, bool]:
    """Return the number behind `by` or `within`, and True if it is a factor."""
    ratio = text.startswith("*")
    size = number_in(text.removeprefix("*").strip())
    if size is None:
        raise ConfigError(f"claim: {word}: expected a number such as 0.05, or a factor such as *1.2; got {text!r}")
    least = 1 if ratio and equal else 0
    if size < least or (size == least and (ratio or equal)):
        what = f"a factor above {least}" if ratio else ("a number above 0" if equal else "a number of 0 or more")
        raise ConfigError(f"claim: {word}: expected {what}, got {text}")
    return size, ratio


def levels_of(tokens: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the levels behind `at` by axis: `model.depth=2,4` has two."""
    found: dict[str, tuple[str, ...]] = {}
    for token in tokens:
        key, equals, value = full_name(token).partition("=")
        levels = tuple(split(value))
        if not equals or not key or not all(levels):
            raise ConfigError(f"claim: at: expected axis=level, such as at model.depth=2,4; got {token!r}")
        if key in ("seed", "arm"):
            raise ConfigError(f"claim: at {key}: expected another axis; --seeds gives the seeds")
        found[key] = tuple(dict.fromkeys(levels))
        check([f"{key}={level}" for level in levels[:1]])
    if not found:
        raise ConfigError("claim: at: expected axis=level, such as at model.depth=2,4")
    return found


def split(text: str) -> list[str]:
    """Return the parts of a text between the commas that stand outside of brackets and quotes."""
    return re.findall(r"(?:[^,\[\]'\"(){}]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|'[^']*'|\"[^\"]*\")+", text)


def side(text: str) -> tuple[Arm, float | None]:
    """Return one side of a comparison, and the factor before or behind it.

    Raises:
        ConfigError: The side is empty or no override; the message shows the form.
    """
    text, factor = without_factor(text.strip())
    if not text:
        raise ConfigError(
            f"claim: a side of the comparison is empty; expected overrides or a number, such as {EXAMPLE}"
        )
    number = number_in(text)
    if number is not None:
        return Arm((), number), factor
    tokens = text.split()
    for token in tokens:
        if "=" not in token:
            raise ConfigError(f"claim: {token}: expected an override, group=option or key=value{meant(token)}")
    overrides = [full_name(quoted(token)) for token in tokens]
    for override in overrides:
        refuse(override)
    check(overrides)
    return Arm(tuple(overrides)), factor


def refuse(override: str) -> None:
    """Refuse an override that cannot belong to an arm.

    Raises:
        ConfigError: It deletes, sweeps, or sets the seed, a study or a key of Hydra's.
    """
    key, _, value = override.partition("=")
    if len(split(value)) > 1 or value.startswith(("range(", "choice(", "glob(")):
        raise ConfigError(f"claim: {override}: one value a side; at {override} judges the claim at each of them")
    if key.lstrip("+").split(".")[0].split("/")[0] in ("seed", "study", "experiment", "hydra"):
        hint = "--seeds gives the seeds" if key == "seed" else "a claim is a study of its own"
        raise ConfigError(f"claim: {key}: not available here; {hint}")
    if override.startswith("~"):
        raise ConfigError(f"claim: {override}: not available here; choose another option instead")


def without_factor(text: str) -> tuple[str, float | None]:
    """Return a side without its factor (`1.2 * …`, `… *1.2`), and the factor.

    Raises:
        ConfigError: The factor is not above 0.
    """
    behind = re.fullmatch(r"(.*\S)\s*\*\s*([-+\d.eE]+)", text) if not number_in(text) else None
    before = re.fullmatch(r"([-+\d.eE]+)\s*\*\s*(\S.*)", text)
    rest, factor = (behind[1], behind[2]) if behind else (before[2], before[1]) if before else (text, "")
    if not factor:
        return text, None
    size = number_in(factor)
    if size is None or size <= 0:
        raise ConfigError(f"claim: *{factor}: expected a factor above 0, such as *1.2")
    return rest, size


def number_in(text: str) -> float | None:
    """Return the finite number that a text represents; None if it represents none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def words(arm: Arm, shown: Callable[[str], bool] = lambda override: True) -> str:
    """Return a side as it is typed, with the overrides that are to be shown."""
    if arm.number is not None:
        return f"{arm.number:g}"
    return " ".join(override for override in arm.overrides if shown(override)) or " ".join(arm.overrides)
