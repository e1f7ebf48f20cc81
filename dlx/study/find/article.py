"""An article, sentence by sentence: what the studies say of it. Where it is not clear, a sentence is left open.

A sentence is compared with the claims and myths of the studies and with the sayings of `sayings.yaml`. It is judged
only if it is near enough to one of them, no statement with another verdict is as near, and both say the same about
direction and negation. If they say the opposite about the direction, a statement that holds makes it a myth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dlx.config.yaml_file import read_mapping
from dlx.study.find.index import Index
from dlx.study.find.verdicts import HERE, book, judged
from dlx.study.find.words import HANGUL, Read, read, signs

HOLDS, MYTH, UNTESTED, NONE = "holds", "myth", "untested", "no claim"
NEAR = 0.5  # the least score of a statement that judges a sentence
APART = 0.05  # how much nearer it must be than a statement with another verdict
OPPOSED = 0.75  # the least score of a statement that holds, for a sentence that says the opposite to be a myth
COVERED, COVERED_BEST = 0.6, 0.75  # the shares of the words of each of both that the other has
TERMS = 2  # the least number of words of the field that both have in common
SHORTEST = 3  # words of a sentence; a shorter one is a heading
LONGEST_HEADING = 10  # words of a line that does not end as a sentence does
MOST_HITS = 12
ENDS = re.compile(r"[.!?。;][\"')\]”’]*$|[다요죠음임함]$")
SENTENCE = re.compile(r"(?<=[.!?。])[\s\"')\]”’]+|\n\s*\n|\n(?=\s*(?:[-*#•]|\d+\.)\s)")
ENGLISH = re.compile(
    r"\?|^(?:chapter|section|part|lecture|figure|fig|table|let|let's|try|thank|thanks|note|see|recall|consider"
    r"|suppose|here|now|first|today|welcome|imagine|remember|read|click|download|implement"
    r"|write|begin)\b"
    r"|\b(?:in this (?:post|article|chapter|section|lecture|note|paper|tutorial|video)"
    r"|we (?:will|now|look|turn|use|used|train|trained|show|showed|see|saw|discuss|consider|have|want|tried|start)"
    r"|let us|let's|figure \d+|table \d+|i (?:will|think|have|tried|like)|yourself)\b"
)
KOREAN = re.compile(
    r"\?|까[.]?$|(?:보자|봅시다|보세요|하세요|하십시오|합시다|살펴본다|살펴보겠|알아본다|알아보겠|알아보자|다룬다)"
    r"|다루겠|감사|보여 준다|보여준다|겠습니다|해 보라|하라|^(?:그림|표|제? ?\d+장|\d+장)"
    r"|우리는|저는|나는|이 글|이번 글|이 장에서|이번 장"
)


@dataclass(frozen=True)
class Statement:
    """A statement whose verdict is known.

    Attributes:
        study: the name of its study.
        said: its words.
        verdict: holds or myth.
        words: what was read from it.
    """

    study: str
    said: str
    verdict: str
    words: Read


@dataclass(frozen=True)
class Finding:
    """The judgment of one sentence.

    Attributes:
        sentence: the sentence.
        verdict: holds, myth, untested or no claim.
        study: the study that judges it; empty without one.
        said: the statement of the study.
        score: how near the statement is, 0 to 1.
    """

    sentence: str
    verdict: str
    study: str = ""
    said: str = ""
    score: float = 0.0


class Reader:
    """Reads sentences against the statements of all studies."""

    def __init__(self) -> None:
        self.statements = {str(place): one for place, one in enumerate(statements())}
        self.index = Index({name: [one.said] for name, one in self.statements.items()})

    def article(self, text: str) -> list[Finding]:
        """Return what is said of each sentence of a text."""
        return [self.sentence(sentence) for sentence in sentences(text)]

    def sentence(self, text: str) -> Finding:
        """Return what is said of one sentence."""
        if not is_claim(text):
            return Finding(text, NONE)
        words = read(text)
        hits = [
            (hit.score, one, relation(words, one.words))
            for hit in self.index.search(text, MOST_HITS)
            if self.alike(words, one := self.statements[hit.name])
        ]
        usable = [(score, one, verdict_by(one, sign, score)) for score, one, sign in hits]
        best = next(((score, one, verdict) for score, one, verdict in usable if verdict), None)
        if best is None or best[0] < NEAR or best[0] < hits[0][0] - APART:
            return Finding(text, UNTESTED)
        score, one, verdict = best
        if any(other and other != verdict and near > score - APART for near, _, other in usable):
            return Finding(text, UNTESTED)
        return Finding(text, verdict, one.study, one.said, score)

    def alike(self, words: Read, one: Statement) -> bool:
        """Return True if a sentence and a statement share words of the field, and neither has much beside them."""
        shared = len(words.terms.keys() & one.words.terms.keys())
        both = self.index.covered(words, one.words), self.index.covered(one.words, words)
        return shared >= TERMS and min(both) >= COVERED and max(both) >= COVERED_BEST


def statements() -> Iterator[Statement]:
    """Yield the statements whose verdict is known: sayings, claims and myths, as the studies have judged them."""
    said: dict[str, dict[str, list[str]]] = read_mapping(HERE / "sayings.yaml")
    for name in book():
        found = judged(name)
        if found.verdict in ("holds", "true"):
            for kind, verdict in (("holds", HOLDS), ("myths", MYTH)):
                for words in said.get(name, {}).get(kind, []):
                    yield Statement(name, words, verdict, read(words))
        for entry in found.entries:
            word = entry.verdict.split(" at ")[0]
            if entry.kind == "claim" and word in ("holds", "true"):
                yield Statement(name, entry.said, HOLDS, read(entry.said))
            elif entry.kind == "myth" and word in ("refuted", "false"):
                yield Statement(name, entry.said, MYTH, read(entry.said))


@cache
def korean_sayings() -> dict[str, str]:
    """Return the sayings in Korean, by their English words."""
    return dict(read_mapping(HERE / "korean_sayings.yaml"))


def relation(one: Read, other: Read) -> int:
    """Return 1 if two texts say the same about direction and negation, -1 for the opposite, 0 if it is not clear."""
    first, second = direction(one), direction(other)
    negated = (one.negations + other.negations) % 2
    if first and second:
        return first * second * (-1 if negated else 1)
    if first or second:
        return 0 if negated else 1
    return 0 if negated else 1


def direction(words: Read) -> int:
    """Return 1 for words that say more, -1 for less, 0 for neither or both."""
    return (words.up > words.down) - (words.up < words.down)


def verdict_by(one: Statement, sign: int, score: float) -> str:
    """Return the verdict on a sentence by its relation to a statement; empty if the statement does not decide it."""
    if sign > 0:
        return one.verdict
    return MYTH if sign < 0 and one.verdict == HOLDS and score >= OPPOSED else ""


def is_claim(text: str) -> bool:
    """Return True if a sentence states something about the field: no question, heading, announcement or story."""
    low = text.strip().lower()
    if not ENDS.search(low) and len(low.split()) < LONGEST_HEADING:
        return False
    if (KOREAN if HANGUL.search(low) else ENGLISH).search(low) or len(low.split()) < SHORTEST:
        return False
    return bool(read(low).terms) or any(word in low for word in field())


@cache
def field() -> frozenset[str]:
    """Return words that show that a sentence is about the field."""
    return signs()["field"]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text in order."""
    parts = (" ".join(part.split()) for part in SENTENCE.split(text))
    return [part for part in (part.strip("#*•- ") for part in parts) if part]
