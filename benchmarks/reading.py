"""How often `dlx read` is right: precision and coverage on sentences of known verdict (benchmarks/sentences.yaml).

python benchmarks/reading.py            # sentences that were looked at, and held-out ones
python benchmarks/reading.py --show     # each sentence that is not read as it should be
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dlx.study.find.article import HOLDS, MYTH, NONE, UNTESTED, Finding, Reader

FILE = Path(__file__).parent / "sentences.yaml"
LAST = "last"  # written after the method was fixed
LISTS = ("english", "korean", "fresh", LAST)
KINDS = {"holds": HOLDS, "myth": MYTH, "untested": UNTESTED, "none": NONE}


@dataclass(frozen=True)
class Score:
    """How sentences were read.

    Attributes:
        sentences: number of sentences.
        judged: number of sentences that were called holds or myth.
        right: number of those with the right verdict by a right study.
        judgeable: number of sentences on which a study has a verdict.
        open: number of the other sentences that were told apart as untested or no claim.
        others: number of the other sentences.
    """

    sentences: int
    judged: int
    right: int
    judgeable: int
    open: int
    others: int

    @property
    def precision(self) -> float:
        """The share of judged sentences that are right."""
        return self.right / self.judged if self.judged else 1.0

    @property
    def coverage(self) -> float:
        """The share of judgeable sentences that are judged rightly."""
        return self.right / self.judgeable if self.judgeable else 1.0

    def __str__(self) -> str:
        """Return the score in a line."""
        return (
            f"{self.sentences} sentences: {self.judged} judged, {self.right} of them right (precision "
            f"{self.precision:.2f}), coverage {self.coverage:.2f} of {self.judgeable}; "
            f"{self.open} of {self.others} others told apart as untested or no claim"
        )


def load(name: str, held_out: bool) -> list[dict[str, Any]]:
    """Return the sentences of one list that are held out, or those that were looked at; of `last`, all are held out."""
    own = yaml.safe_load(FILE.read_text(encoding="utf-8"))[name]
    if name == LAST:
        return own if held_out else []
    return own[int(held_out) :: 2]  # type: ignore[no-any-return]


def score(items: Sequence[dict[str, Any]], findings: Iterable[Finding]) -> Score:
    """Return how sentences were read."""
    pairs = list(zip(items, findings, strict=True))
    judged = [(item, found) for item, found in pairs if found.verdict in (HOLDS, MYTH)]
    others = [(item, found) for item, found in pairs if not item["studies"]]
    return Score(
        sentences=len(pairs),
        judged=len(judged),
        right=sum(is_right(item, found) for item, found in judged),
        judgeable=len(pairs) - len(others),
        open=sum(is_right(item, found) for item, found in others),
        others=len(others),
    )


def is_right(item: dict[str, Any], found: Finding) -> bool:
    """Return True if a sentence was read as it should be, and by a study that says so."""
    return found.verdict == KINDS[item["is"]] and (not item["studies"] or found.study in item["studies"])


def main() -> None:
    """Print the scores."""
    reader = Reader()
    for held_out, name in itertools.product((False, True), LISTS):
        items = load(name, held_out)
        if not items:
            continue
        findings = [reader.sentence(item["text"]) for item in items]
        print(f"{'held out ' if held_out else 'looked at'} {name:<8} {score(items, findings)}")
        for item, found in zip(items, findings, strict=True):
            if "--show" in sys.argv and not is_right(item, found):
                print(f"  {item['is']}: {item['text']}")
                print(f"    {found.verdict} {found.study} {found.score:.2f} {found.said}")


if __name__ == "__main__":
    main()
