"""Texts as words of the field: English is stemmed, Korean terms are found inside of words, both by their common form.

Only the words of the table `terms.yaml` connect Korean with English; other Korean words count by themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dlx.config.yaml_file import read_mapping

HERE = Path(__file__).parent
LATIN = re.compile(r"[a-z][a-z0-9]*(?:[-'][a-z0-9]+)*|[0-9]+(?:\.[0-9]+)?")
HANGUL = re.compile(r"[가-힣]")
ENDINGS = ("izations", "ization", "ations", "ation", "ings", "ing", "edly", "ed", "ies", "es", "s", "ly")
LEAST_KOREAN = 2  # letters of a Korean word that counts by itself
LEAST = 4  # letters of a stem
LONGEST = 20_000  # letters of a text that are read


@dataclass(frozen=True)
class Read:
    """The words that were read from a text.

    Attributes:
        terms: number of each word of the field.
        others: number of each other word, as its stem.
        up, down: number of words that say that something is more, or less.
        negations: number of words that negate.
    """

    terms: Counter[str]
    others: Counter[str]
    up: int
    down: int
    negations: int

    @property
    def words(self) -> Counter[str]:
        """All words."""
        return self.terms + self.others


def read(text: str) -> Read:
    """Return the words of a text."""
    low = text[:LONGEST].lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    latin = LATIN.findall(low)
    terms: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for word in latin:
        known = english().get(word) or english().get(stem(word))
        if known:
            terms.update(known)
        elif word not in signs()["empty"] and not any(word in signs()[kind] for kind in ("up", "down", "not")):
            others[stem(word)] += 1
    rest = " ".join(re.findall(r"[가-힣0-9 ]+", low))
    for korean, meant in hangul().items():
        if korean in rest:
            terms.update(meant)
            rest = rest.replace(korean, " ")
    others.update(f"~{word}" for word in rest.split() if is_content(word))
    count = {
        kind: sum(word in signs()[kind] for word in latin)
        + sum(rest.count(word) for word in signs()[kind] if HANGUL.search(word))
        for kind in ("up", "down", "not")
    }
    return Read(terms, others, count["up"], count["down"], count["not"])


def is_content(word: str) -> bool:
    """Return True if what is left of a Korean word has a meaning of its own: no particle, ending, or word of a sign."""
    if not HANGUL.search(word) or len(word) < LEAST_KOREAN or word.startswith(tuple(signs()["korean"])):
        return False
    return not any(sign in word for kind in ("up", "down", "not") for sign in signs()[kind])


def stem(word: str) -> str:
    """Return an English word without its ending."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST:
            return word[: -len(ending)]
    return word


@cache
def table() -> Mapping[str, list[str]]:
    """Return the synonyms of each word of the field, English and Korean."""
    return {str(key): [str(word) for word in words] for key, words in read_mapping(HERE / "terms.yaml").items()}


@cache
def signs() -> Mapping[str, frozenset[str]]:
    """Return the words of direction and negation, and those without meaning of their own."""
    found = read_mapping(HERE / "signs.yaml")
    return {str(key): frozenset(map(str, words)) for key, words in found.items()}


@cache
def english() -> Mapping[str, list[str]]:
    """Return the common forms of each English word."""
    found: dict[str, list[str]] = {}
    for common, words in table().items():
        for word in dict.fromkeys([common, *words]):
            if not HANGUL.search(word):
                found.setdefault(word.lower(), []).append(common)
    return found


@cache
def hangul() -> Mapping[str, list[str]]:
    """Return the common forms of each Korean term, the longest terms first."""
    found: dict[str, list[str]] = {}
    for common, words in table().items():
        for word in words:
            if HANGUL.search(word):
                own = found.setdefault(word, [])
                own += [common] * (common not in own)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))
