"""The words that follow a typed comparison: `by`, `within` and `at`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlx.config.aliases import full_name
from dlx.config.overrides import check
from dlx.errors import ConfigError
from dlx.study.read.typed_side import EXAMPLE, number_in, split

WORDS = ("by", "within", "at")


@dataclass(frozen=True)
class Clauses:
    """The words that follow a comparison: `by`, `within` and `at`."""

    size: float
    ratio: bool
    at: dict[str, tuple[str, ...]]


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
