"""Finding concepts and studies by the id of a concept, or by a word in English or Korean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from dlx.study.read.concepts import concepts
from dlx.study.read.korean import korean_concepts, korean_texts
from dlx.study.read.study import Study


class Found(NamedTuple):
    """The concepts and studies that a word names.

    Attributes:
        concepts: the ids of the concepts that have it in their name.
        studies: the names of the studies that test one of them, or have it in their own words.
    """

    concepts: tuple[str, ...]
    studies: tuple[str, ...]


def find_concepts(word: str, studies: Iterable[Study]) -> Found | None:
    """Return the concepts and the studies that a word or an id names; None if it names neither.

    Case, spaces, hyphens and underscores do not count.
    """
    sought = folded(word)
    if not sought:
        return None
    exact = [name for name in concepts() if name.lower() == word.strip().lower()]
    named = exact or [name for name in concepts() if any(sought in folded(said) for said in names_of(name))]
    found = [
        study.name
        for study in studies
        if set(named) & set(study.concepts) or (not exact and any(sought in folded(said) for said in words_of(study)))
    ]
    return Found(tuple(named), tuple(found)) if named or found else None


def names_of(concept: str) -> tuple[str, str]:
    """Return the name of a concept in English and Korean."""
    return concepts()[concept]["concept"], korean_concepts()[concept]["concept"]


def words_of(study: Study) -> list[str]:
    """Return the words in which a study is looked for: its name, title and question in English and Korean."""
    korean = korean_texts().get(study.name, {})
    own = [study.name, study.title, study.question, *(level.text for level in study.axes.get("arm", ()))]
    return [*own, korean.get("title", ""), korean.get("question", "")]


def folded(text: str) -> str:
    """Return a text in small letters, without spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", text).lower()
