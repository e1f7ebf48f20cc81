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
from dlx.study.book.answer import HEADS, answer_of
from dlx.study.book.badges import pairs
from dlx.study.book.captions import LETTERS, finding_of
from dlx.study.book.korean import korean_words, verdict_of
from dlx.study.book.words import HANGUL
from dlx.study.read.korean_typed import typed_judged
from dlx.study.read.local import KOREAN, local, local_said
from dlx.study.read.study import OWN, Study

LINE = re.compile(r'(<text style="font-weight: 700;[^>]*>)([^<]*)(</text>)')
WIDE = 1.55  # Latin letters as wide as a Korean one


def titled(pictures: Sequence[str], result: Mapping[str, Any], study: Study | None) -> list[str]:
    """Return drawings with their titles in the language of the reader.

    Args:
        pictures: the drawings of a study as SVG, in the order of its plots.
        result: its result.
        study: the study as its file defines it; None if it is not known, which leaves the titles as they are.
    """
    if study is None or language() != KOREAN:
        return list(pictures)
    if study.chapter == OWN:
        words = typed_finding(result, study)
        return [in_place(svg, words) for svg in pictures] if words and not study.plots else list(pictures)
    korean = korean_words(study)
    if korean is None or len(korean.plots) != len(pictures):
        return list(pictures)
    verdicts = [verdict_of(recorded, claim) for recorded, claim in pairs(result, korean) if claim is not None]
    findings = [local_said(finding_of(plot, korean, verdicts)) for plot in korean.plots]
    return [in_place(svg, words) for svg, words in zip(pictures, findings, strict=True)]


def typed_finding(result: Mapping[str, Any], study: Study) -> str:
    """Return the answer to typed claims, which is the title of their picture, in Korean; empty if they are others."""
    verdicts = [verdict_of(recorded, claim) for recorded, claim in pairs(result, study) if claim is not None]
    word = answer_of(verdicts)
    telling = next((one for one in verdicts if one.verdict == word), None)
    said = typed_judged(telling.claim, word, telling.n) if telling is not None else None
    return f"{local(HEADS[word])}: {said}" if said else ""


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
