"""The words of dlx itself about studies in the language of the reader; the Korean ones stand in korean_words.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from rich.cells import cell_len

from dlx.config.yaml_file import read_mapping
from dlx.console import language
from dlx.study.read.concepts import concepts
from dlx.study.read.korean import korean_concepts

KOREAN = "ko"


@cache
def fixed() -> tuple[Mapping[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """Return the Korean words of whole texts, and the patterns of parts of texts with what takes their place."""
    found = read_mapping(Path(__file__).with_name("korean_words.yaml"))
    return found["words"], tuple((re.compile(pattern), words) for pattern, words in found["patterns"])


def local(text: str) -> str:
    """Return fixed words, or a text of figures, in the language of the reader; what has no Korean words stays."""
    if language() != KOREAN:
        return text
    words, patterns = fixed()
    if text in words:
        return words[text]
    for pattern, instead in patterns:
        text = pattern.sub(instead, text)
    return text


def local_said(text: str) -> str:
    """Return a sentence with measured figures, in Korean with `2.5배` instead of `2.5 times`, and `5 → 10` in cells."""
    if language() != KOREAN:
        return text
    return re.sub(r"(=[^\s,)]+) to (?=[^\s,)])", r"\1 → ", re.sub(r"(?<=[\d∞]) times", "배", text))


def labeled(label: str, text: str, width: int = 9) -> str:
    """Return a line that begins with a label in the language of the reader; Korean letters are two columns wide."""
    said = local(label)
    return f"{said}{' ' * max(1, width - cell_len(said))}{text}"


def local_concept(name: str) -> Mapping[str, str]:
    """Return the name (`concept`) and the statement (`claim`) of a concept in the language of the reader."""
    return (korean_concepts() if language() == KOREAN else concepts())[name]
