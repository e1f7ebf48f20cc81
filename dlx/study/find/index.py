"""The nearest studies and concepts of a question: tf-idf over words of the field and letter trigrams, offline."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dlx.study.find.verdicts import judged
from dlx.study.find.words import Read, read
from dlx.study.read.concepts import concepts
from dlx.study.read.korean import korean_concepts, korean_texts
from dlx.study.read.shelf import all_studies
from dlx.study.read.study import Study

TERM, OTHER, GRAM = 1.0, 0.5, 0.15  # weights of a word of the field, of another word, and of a trigram of letters
LEAST = 0.12  # a lower score is no match


@dataclass(frozen=True)
class Hit:
    """A study or a concept that a question matches.

    Attributes:
        name: the name of the study, or the id of the concept.
        score: the cosine of the angle between question and document, 0 to 1.
    """

    name: str
    score: float


class Index:
    """Documents by name, which are found by the words that they share with a question.

    Args:
        documents: the texts of each document; a text that is listed twice counts twice.
    """

    def __init__(self, documents: Mapping[str, Iterable[str]]) -> None:
        counts = {name: features(" . ".join(texts)) for name, texts in documents.items()}
        number = len(counts) or 1
        seen = Counter(feature for own in counts.values() for feature in own)
        self.idf = {feature: math.log(1 + number / count) for feature, count in seen.items()}
        self.rarest = math.log(1 + number)
        self.vectors = {name: self._scaled(own) for name, own in counts.items()}

    def search(self, text: str, most: int) -> list[Hit]:
        """Return the documents that match a text, the nearest first; none without a word of the field in common."""
        asked = self._scaled(features(text))
        words = {feature for feature in asked if feature[0] == "t"}
        hits = [
            Hit(name, sum(value * own.get(feature, 0.0) for feature, value in asked.items()))
            for name, own in self.vectors.items()
            if words & own.keys()
        ]
        found = sorted((hit for hit in hits if hit.score >= LEAST), key=lambda hit: -hit.score)
        return found[:most]

    def covered(self, one: Read, other: Read) -> float:
        """Return the share of the words of a text, weighted by their rarity, that another text has as well."""
        total = common = 0.0
        for kind, own, theirs in (("t", one.terms, other.terms), ("w", one.others, other.others)):
            for word in own:
                size = (TERM if kind == "t" else OTHER) * self.idf.get(f"{kind}:{word}", self.rarest)
                total += size
                common += size if word in theirs else 0.0
        return common / total if total else 0.0

    def _scaled(self, counts: Mapping[str, float]) -> dict[str, float]:
        weighted = {f: (1 + math.log(n)) * weight(f) * self.idf.get(f, 0.0) for f, n in counts.items()}
        norm = math.sqrt(sum(value**2 for value in weighted.values())) or 1.0
        return {feature: value / norm for feature, value in weighted.items() if value}


def weight(feature: str) -> float:
    """Return the weight of a feature by its kind."""
    return {"t": TERM, "w": OTHER, "g": GRAM}[feature[0]]


def features(text: str) -> Counter[str]:
    """Return the features of a text: words of the field (t:), other words (w:) and their trigrams (g:)."""
    found = read(text)
    counts: Counter[str] = Counter({f"t:{word}": number for word, number in found.terms.items()})
    for word, number in found.others.items():
        counts[f"w:{word}"] += number
        padded = f" {word} "
        for place in range(len(padded) - 2):
            counts[f"g:{padded[place : place + 3]}"] += number
    return counts


def studies_and_concepts(korean: bool = False) -> tuple[dict[str, Study], Index, Index]:
    """Return the studies by name, the index of the studies, and that of the concepts.

    Args:
        korean: True to search the Korean words of studies and concepts as well, for a question in Korean.
    """
    studies = {study.name: study for study in all_studies()}
    more = korean_words if korean else lambda name: []
    by_study = Index({name: [*texts_of(study), *more(name)] for name, study in studies.items()})
    return studies, by_study, concept_index(korean)


def concept_index(korean: bool = False) -> Index:
    """Return the index of the concepts; with `korean`, their Korean words are searched as well."""
    named = {name: texts_of_concept(own) for name, own in concepts().items()}
    if korean:
        named = {name: [*named[name], *texts_of_concept(own)] for name, own in korean_concepts().items()}
    return Index(named)


def texts_of_concept(own: Mapping[str, str]) -> list[str]:
    """Return the texts of a concept: its name, which counts twice, and what is said of it."""
    return [str(own["concept"])] * 2 + [str(own["claim"])]


def korean_words(name: str) -> list[str]:
    """Return the Korean texts of a study: its title, question, explanation and sentences; none without Korean words."""
    own = korean_texts().get(name)
    if own is None:
        return []
    listed = [one for key in ("claims", "facts") for one in own.get(key) or ()]
    sentences = [" ".join([one] if isinstance(one, str) else one) for one in listed]
    return [*[own["title"]] * 3, *[own["question"]] * 2, own.get("why", ""), *sentences]


def texts_of(study: Study) -> Sequence[str]:
    """Return the texts of a study: its name, title, question, explanation, concepts, and claims."""
    names = [str(concepts()[name]["concept"]) for name in study.concepts if name in concepts()]
    entries = [f"{entry.said} {entry.instead}" for entry in judged(study.name).entries]
    named = study.name.replace("_", " ")
    return [*[named] * 3, *[study.title] * 3, *[study.question] * 2, *names, study.why, *entries]
