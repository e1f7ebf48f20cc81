"""Studies and their results in the language of the reader: words, and verdicts with their measured figures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dlx.console import language
from dlx.study.book.badges import pairs
from dlx.study.book.numbers import fill
from dlx.study.book.words import statement
from dlx.study.judge.verdict import TRUTH, Verdict
from dlx.study.read.claim import Claim
from dlx.study.read.korean import korean_study
from dlx.study.read.korean_typed import typed_question, typed_said
from dlx.study.read.local import KOREAN, local, local_said
from dlx.study.read.study import OWN, Study

BACK = {word: key for key, word in TRUTH.items()}


def local_study(study: Study) -> Study:
    """Return a study with its words in the language of the reader; everything else is kept."""
    korean = korean_words(study) if language() == KOREAN else None
    if korean is None or (len(korean.claims), len(korean.facts)) != (len(study.claims), len(study.facts)):
        return study
    plots = zip(study.plots, korean.plots, strict=True) if len(study.plots) == len(korean.plots) else ()
    return replace(
        study,
        title=korean.title,
        question=korean.question,
        why=korean.why,
        claims=tuple(map(worded, study.claims, korean.claims)),
        facts=tuple(map(worded, study.facts, korean.facts)),
        plots=tuple(replace(own, title=other.title, caption=other.caption) for own, other in plots) or study.plots,
    )


def korean_words(study: Study) -> Study | None:
    """Return a study in Korean: one that ships with dlx, or typed claims; None if it has no Korean words."""
    if study.chapter != OWN:
        return korean_study(study.name)
    claims = tuple(replace(claim, say=typed_said(claim.say)) for claim in study.claims)
    return replace(study, question=typed_question(study.question), why=local(study.why), claims=claims)


def worded(claim: Claim, other: Claim) -> Claim:
    """Return a claim in the words of another one."""
    return replace(claim, say=other.say, instead=other.instead)


def local_result(result: Mapping[str, Any], study: Study | None) -> Mapping[str, Any]:
    """Return a result with title, question, explanation, claims and statistics in the language of the reader.

    What has no Korean words, such as a claim that the study's file no longer has, stays English.
    """
    korean = korean_words(study) if study is not None and language() == KOREAN else None
    if korean is None:
        return result
    said = [in_words_of(one, claim) for one, claim in pairs(result, korean)]
    texts = {"title": korean.title, "question": korean.question, "why": korean.why}
    count = len(result["claims"])
    return {**result, **texts, "claims": said[:count], "facts": said[count:]}


def in_words_of(recorded: Mapping[str, Any], claim: Claim | None) -> dict[str, Any]:
    """Return a recorded claim in the words of another one with its measured figures, and its statistics.

    A claim that the study's file no longer has, which is None here, keeps its own words.
    """
    said = {"statistics": local(str(recorded["statistics"] or recorded["verdict"]))}
    if claim is None:
        return {**recorded, **said}
    verdict = verdict_of(recorded, claim)
    words = unbroken(local_said(statement(verdict)))
    instead = unbroken(local_said(fill(claim.instead, verdict)))
    return {**recorded, **said, "said": words, "sentence": words, "instead": instead}


def unbroken(words: str) -> str:
    """Return a sentence of a page in which no line ends between a number and its percent sign."""
    return re.sub(r"(?<=\d) %", "\u00a0%", words)


def verdict_of(recorded: Mapping[str, Any], claim: Claim) -> Verdict:
    """Return a recorded claim as a verdict on a claim in other words."""
    value, low, high = (math.nan if recorded[key] is None else recorded[key] for key in ("value", "low", "high"))
    verdict = BACK.get(recorded["verdict"], recorded["verdict"])
    return Verdict(claim, verdict, value, low, high, recorded["n"] or 0, closest=recorded["closest"])
