"""The Korean words of the studies that ship with dlx: titles, questions, claims and corrections."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dlx.config.yaml_file import read_mapping
from dlx.study.read.shelf import files, study_node
from dlx.study.read.study import Study, study_of


@cache
def korean_texts() -> dict[str, dict[str, Any]]:
    """Return the Korean words by study: `title`, `question`, and lists `claims` and `facts`.

    An entry of a list is a sentence, or the two sentences of a myth: what is said and what is true.
    """
    return dict(read_mapping(Path(__file__).parent / "korean.yaml"))


def korean_study(name: str) -> Study | None:
    """Return a study with its words in Korean, or None if there are none that fit it."""
    own = korean_texts().get(name)
    node = study_node(files()[name]) if own and name in files() else None
    if own is None or not isinstance(node, dict):
        return None
    return study_of(name, translated(node, own)) if fits(node, own) else None


def fits(node: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Return True if a study has as many claims and facts as its Korean words."""
    return all(len(node.get(key) or ()) == len(own.get(key) or ()) for key in ("claims", "facts"))


def translated(node: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node `study` of a file with its words in Korean."""
    found = {**node, "title": own["title"], "question": own["question"]}
    for key in ("claims", "facts"):
        entries = zip(node.get(key) or (), own.get(key) or (), strict=True)
        found |= {key: [worded(entry, words) for entry, words in entries]} if node.get(key) else {}
    return found


def worded(entry: Mapping[str, Any], words: str | list[str]) -> dict[str, Any]:
    """Return a claim with Korean words; a myth has two sentences."""
    said, *truth = [words] if isinstance(words, str) else words
    return {**entry, "say": said, **({"truth": truth[0]} if truth else {})}
