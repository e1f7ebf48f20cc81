"""The Korean words of the studies that ship with dlx: titles, questions, explanations, captions, claims and facts.

They stand in the folder korean/, one file for each chapter. A study without Korean words is shown in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dlx.config.reading import listed
from dlx.config.yaml_file import read_mapping
from dlx.study.read.claim import Claim
from dlx.study.read.concepts import concepts
from dlx.study.read.figures import FIGURE
from dlx.study.read.shelf import files, study_node
from dlx.study.read.study import TEXTS, Study, study_of

HERE = Path(__file__).parent
PLOTS = {"titles": "title", "captions": "caption"}  # the words of plots that have ones of their own


@cache
def korean_texts() -> dict[str, dict[str, Any]]:
    """Return the Korean words by study: `title`, `question`, `why`, and lists `titles`, `captions`, `claims` and
    `facts`.

    An entry of the lists of claims and facts is a sentence, or the two sentences of a myth: what is said and what is
    true. The titles and captions are those of the plots that have one of their own, in their order.
    """
    chapters = map(read_mapping, sorted((HERE / "korean").glob("*.yaml")))
    return {name: own for chapter in chapters for name, own in chapter.items()}


@cache
def korean_concepts() -> dict[str, dict[str, str]]:
    """Return every concept by its id, with its name (`concept`) and its statement (`claim`) in Korean."""
    korean = read_mapping(HERE / "korean_concepts.yaml")
    return {name: {**own, **korean.get(name, {})} for name, own in concepts().items()}


def korean_study(name: str) -> Study | None:
    """Return a study with its words in Korean, or None if there are none that fit it."""
    own = korean_texts().get(name)
    node = study_node(files()[name]) if own and name in files() else None
    if own is None or not isinstance(node, dict):
        return None
    return study_of(name, translated(node, own)) if fits(node, own) else None


def fits(node: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Return True if a study has as many claims, facts, and titles and captions of plots as its Korean words."""
    same = all(len(node.get(key) or ()) == len(own.get(key) or ()) for key in ("claims", "facts"))
    return same and all(len(words_of(node, key)) == len(own.get(words) or ()) for words, key in PLOTS.items())


def words_of(node: Mapping[str, Any], key: str) -> list[str]:
    """Return the titles or captions that the plots of a study have themselves."""
    return [plot[key] for plot in listed(node.get("plot")) if plot.get(key)]


def translated(node: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node `study` of a file with its words in Korean."""
    found = {**node, **{key: own[key] for key in TEXTS if key in own}}
    for key in ("claims", "facts"):
        entries = zip(node.get(key) or (), own.get(key) or (), strict=True)
        found |= {key: [worded(entry, words) for entry, words in entries]} if node.get(key) else {}
    for words, key in PLOTS.items():
        if own.get(words):
            said = iter(own[words])
            plots = listed(found.get("plot"))
            found["plot"] = [{**one, key: next(said)} if one.get(key) else one for one in plots]
    return found


def worded(entry: Mapping[str, Any], words: str | list[str]) -> dict[str, Any]:
    """Return a claim with Korean words; a myth has two sentences."""
    said, *truth = [words] if isinstance(words, str) else words
    return {**entry, "say": said, **({"truth": truth[0]} if truth else {})}


def in_korean(sentence: str, english: str, korean: str) -> str:
    """Return a sentence with measured figures in Korean; as it is if it is not one of these words.

    Args:
        sentence: the sentence, such as `It rises by 0.25.`
        english: the words with their placeholders, such as `it rises by {value}`.
        korean: the Korean words with the same placeholders.
    """
    places: dict[str, str] = {}

    def place(match: re.Match[str]) -> str:
        known = match[0] in places
        name = places.setdefault(match[0], f"f{len(places)}")
        return f"(?P={name})" if known else f"(?P<{name}>.+?)"

    parts, end = [], 0
    for match in FIGURE.finditer(english):
        parts += [re.escape(english[end : match.start()]), place(match)]
        end = match.end()
    pattern = "".join([*parts, re.escape(english[end:].rstrip("."))])
    found = re.fullmatch(rf"{pattern}(?P<level> \[.*\])?\.?", sentence, re.IGNORECASE)
    if found is None:
        return sentence
    figures = {name: found[group].replace(" times", "배") for name, group in places.items()}
    said = FIGURE.sub(lambda match: figures.get(match[0], match[0]), korean).rstrip(".")
    return f"{said}{found['level'] or ''}."


def korean_sentences(name: str, entries: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what a study says with measured figures, and what is true instead of its myths, in Korean.

    Args:
        name: the study.
        entries: its claims and facts in order, each with what is true instead; a sentence that is not that of the
            study's file stays as it is.
    """
    korean = korean_study(name)
    english = study_of(name, study_node(files()[name])) if korean is not None else None
    if korean is None or english is None or len(korean.entries) != len(entries):
        return list(entries)
    return [
        both(said, instead, own, other)
        for (said, instead), own, other in zip(entries, english.entries, korean.entries, strict=True)
    ]


def both(said: str, instead: str, own: Claim, other: Claim) -> tuple[str, str]:
    """Return a sentence and what is true instead of it in Korean, given the claim in English and in Korean."""
    return in_korean(said, own.say, other.say), in_korean(instead, own.instead, other.instead) if instead else ""
