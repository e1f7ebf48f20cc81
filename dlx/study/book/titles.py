"""The titles of a study's pictures in Korean: on a page they take the place of those that were drawn, in English.

The text of a picture is kept as text, and its title is the only bold one in it. A PNG file keeps the English title,
since the letters that a picture is drawn with need not have Korean ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dlx.console import language
from dlx.results.escape import html
from dlx.study.book.badges import pairs
from dlx.study.book.captions import LETTERS, finding_of
from dlx.study.book.korean import korean_words, verdict_of
from dlx.study.book.words import HANGUL
from dlx.study.read.local import KOREAN, local_said
from dlx.study.read.study import Study

LINE = re.compile(r'(<text style="font-weight: 700;[^>]*>)([^<]*)(</text>)')
WIDE = 1.55  # Latin letters as wide as a Korean one


def titled(pictures: Sequence[str], result: Mapping[str, Any], study: Study | None) -> list[str]:
    """Return drawings with their titles in the language of the reader.

    Args:
        pictures: the drawings of a study as SVG, in the order of its plots.
        result: its result.
        study: the study as its file defines it; None if it is not known, which leaves the titles as they are.
    """
    korean = korean_words(study) if study is not None and language() == KOREAN else None
    if korean is None or len(korean.plots) != len(pictures):
        return list(pictures)
    verdicts = [verdict_of(recorded, claim) for recorded, claim in pairs(result, korean) if claim is not None]
    findings = [local_said(finding_of(plot, korean, verdicts)) for plot in korean.plots]
    return [in_place(svg, words) for svg, words in zip(pictures, findings, strict=True)]


def in_place(svg: str, words: str) -> str:
    """Return a drawing with other words in the lines of its title; as it is if they do not fit."""
    room = len(LINE.findall(svg))
    lines = wrapped(words, LETTERS)
    if len(lines) > room:
        return svg
    rest = iter([""] * (room - len(lines)) + lines)
    return LINE.sub(lambda match: f"{match[1]}{html(next(rest))}{match[3]}", svg)


def wrapped(words: str, most: int) -> list[str]:
    """Return words in lines of a width in Latin letters."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        lines[-1:] = [longer] if width(longer) <= most else [*lines[-1:], word]
    return lines


def width(words: str) -> float:
    """Return the width of words in Latin letters."""
    return sum(WIDE if HANGUL.match(letter) else 1 for letter in words)
