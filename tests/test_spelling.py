"""The spelling is American, in what users read and in names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("dlx", "docs", "conf", "experiments", "tests", "benchmarks")
KINDS = (".py", ".md", ".yaml", ".css")
STEMS = (
    "normal", "initial", "optim", "regular", "general", "visual", "recogn", "summar", "minim", "maxim", "organ",
    "memor", "standard", "discret", "vector", "util", "quant", "penal", "emphas", "token", "local", "categor",
    "special", "random", "serial", "stabil", "synchron", "character", "real", "parametr",
)  # fmt: skip
BRITISH = re.compile(
    r"colour|behaviour|favour|neighbour|honour|labelled|modelled|cancelled|travell|centred|\bcentres?\b|"
    r"analys(?:e[drs]?|ing)\b|"
    rf"\bgrey|artefact|catalogue|licence|judgement|programme\b|(?:{'|'.join(STEMS)})is(?:e[drs]?|ing|ations?)\b",
    re.IGNORECASE,
)
# What may stand in a file: words that users type, names of people, and values of keys that recorded runs hold.
ADMITTED = {
    "whole.py": r"labelled",  # an attribute of HTML
    "words.yaml": r".*",
    "terms.yaml": r".*",
    "log.md": r".*",
    "test_spelling.py": r".*",
    "mnist1d.py": r"Grey",
    "test_words.py": r".*",
    "test_compare.py": r"optimiser",
    "test_contracts.py": r"initialisation",
    "exact_identities.py": r"centred",
    "exact_identities.yaml": r"centred",
    "activations.py": r"centred",
    "test_exact_identities.py": r"centred",
}


def british() -> list[str]:
    """Return the places with a British spelling."""
    found = []
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in KINDS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for match in BRITISH.finditer(line):
                if not re.fullmatch(ADMITTED.get(path.name, ""), match[0], re.IGNORECASE):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    return found


def test_the_spelling_is_american() -> None:
    assert british() == []


@pytest.mark.parametrize("word", ["colour", "Centred", "initialised", "generalisation", "grey", "after_normalising"])
def test_british_words_are_found(word: str) -> None:
    assert BRITISH.search(word)


@pytest.mark.parametrize("word", ["optimism", "minimum", "realism", "Greek", "analysis", "generalist", "promise"])
def test_other_words_are_left_alone(word: str) -> None:
    assert not BRITISH.search(word)
