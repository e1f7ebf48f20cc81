"""Results of studies in Korean: verdicts with their numbers, statistics, and the fixed words of a page."""

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
from dlx.study.read.study import Study

BACK = {word: key for key, word in TRUTH.items()}
VERDICTS = {
    "holds": "성립", "refuted": "반박됨", "inconclusive": "판정 보류",
    "true": "참", "false": "거짓", "unknown": "알 수 없음",
}  # fmt: skip
# The fixed words of statistics, in the order in which they are replaced.
STATISTICS = [
    (r"within the margin, but not zero", "여유 안이지만 0은 아님"),
    (r"within the margin, but not one", "여유 안이지만 1은 아님"),
    (r"about ([\d,]+) seeds? would decide with 80 % power", r"시드 약 \1개면 80 % 검정력으로 판정됨"),
    (r"([\d,]+) seeds? would not decide", r"시드 \1개로도 판정되지 않음"),
    (r"decided at look (\d+)", r"\1번째 관찰에서 판정"),
    (r"([\d.]+ %) interval (\S+) to ([^\s,]+)", r"\1 구간 \2 ~ \3"),
    (r"([\d.]+ %) interval", r"\1 구간"),
    (r"range (\S+) to ([^\s,]+)", r"범위 \1 ~ \2"),
    (r"off by (\S+) at most", r"오차 최대 \1"),
    (r"off by", "오차"),
    (r"(value|ratio) (\S+) to (\S+) in all runs", r"모든 실행에서 \2 ~ \3"),
    (r"in all runs", "(모든 실행)"),
    (r"([\d,]+) seeds?\b", r"시드 \1개"),
    (r"([\d,]+) runs? diverged", r"실행 \1개 발산"),
    (r"([\d,]+) runs?\b", r"실행 \1개"),
    (r"([\d,]+) levels? of (\S+)", r"\2의 수준 \1개"),
    (r"([\d,]+) steps?\b", r"단계 \1개"),
    (r"([\d,]+) cells?\b", r"칸 \1개"),
    (r"Holm-adjusted p", "Holm 보정 p"),
    (r"closest: ", "가장 가까운 경우: "),
    (r"\bmargin\b", "여유"),
    (r"\bwithin\b", "허용 범위"),
    (r"\bfactor\b", "배율"),
    (r"\bvalue\b", "값"),
    (r"\bratio\b", "비율"),
]
# The fixed words of pages and of the terminal.
WORDS = {
    "Why.": "이유.", "Facts, checked in every run.": "사실(모든 실행에서 확인).", "Why": "이유",
    "Myth": "통념", "Fact": "사실",
    "control": "대조", "Control": "대조", "claim": "주장", "fact": "사실", "After": "출처", "Command": "명령",
    "Facts, checked in every run": "사실(모든 실행에서 확인)", "Arms": "비교 조건", "Concepts": "개념", "Looks": "관찰",
    "Runs": "실행", "Made": "작성", "not refuted": "반박되지 않음", "Lab book": "실험 노트", "Myths": "통념",
}  # fmt: skip


def local(words: str) -> str:
    """Return fixed words in the language of the reader; what has no Korean words stays English."""
    return WORDS.get(words, words) if language() == "ko" else words


def local_said(text: str) -> str:
    """Return a sentence with measured numbers in the language of the reader."""
    return said(text) if language() == "ko" else text


def local_statistics(text: str) -> str:
    """Return the statistics of a verdict in the language of the reader."""
    return korean_statistics(text) if language() == "ko" else text


def said(text: str) -> str:
    """Return a Korean sentence whose measured ratios are written as in Korean: `2.5배`, not `2.5 times`."""
    return re.sub(r"(?<=[\d∞]) times", "배", text)


def korean_entries(result: Mapping[str, Any], study: Study) -> list[tuple[str, str, str]]:
    """Return each claim and fact of a result in Korean: what is said, what is true instead, and the statistics.

    A claim that the study's file no longer has is left out.
    """
    korean = korean_study(study.name)
    if korean is None:
        return []
    found = []
    for (recorded, claim), own in zip(pairs(result, study), entries(korean, result), strict=True):
        if claim is not None and own is not None:
            verdict = verdict_of(recorded, own)
            statistics = korean_statistics(str(recorded["statistics"] or recorded["verdict"]))
            found.append((said(statement(verdict)), said(fill(own.instead, verdict)), statistics))
    return found


def entries(korean: Study, result: Mapping[str, Any]) -> list[Claim | None]:
    """Return the Korean claims and facts, or None for each if the result has others."""
    number = len(result["claims"]) + len(result["facts"])
    return list(korean.entries) if len(korean.entries) == number else [None] * number


def verdict_of(recorded: Mapping[str, Any], claim: Claim) -> Verdict:
    """Return a recorded claim as a verdict on a claim in other words."""
    value, low, high = (math.nan if recorded[key] is None else recorded[key] for key in ("value", "low", "high"))
    verdict = BACK.get(recorded["verdict"], recorded["verdict"])
    return Verdict(claim, verdict, value, low, high, recorded["n"] or 0, closest=recorded["closest"])


def local_result(result: Mapping[str, Any], study: Study | None) -> Mapping[str, Any]:
    """Return a result in the language of the reader."""
    return korean_result(result, study) if study is not None and language() == "ko" else result


def local_study(study: Study) -> Study:
    """Return a study with its words in the language of the reader; everything else is kept."""
    korean = korean_study(study.name) if language() == "ko" else None
    if korean is None or (len(korean.claims), len(korean.facts)) != (len(study.claims), len(study.facts)):
        return study
    return replace(
        study,
        title=korean.title,
        question=korean.question,
        claims=tuple(map(worded, study.claims, korean.claims)),
        facts=tuple(map(worded, study.facts, korean.facts)),
    )


def worded(claim: Claim, other: Claim) -> Claim:
    """Return a claim in the words of another one."""
    return replace(claim, say=other.say, instead=other.instead)


def korean_result(result: Mapping[str, Any], study: Study) -> dict[str, Any]:
    """Return a result with title, question, claims and statistics in Korean; what has no Korean words stays English."""
    korean = korean_study(study.name)
    found = dict(result)
    if korean is None:
        return found
    found |= {"title": korean.title, "question": korean.question}
    own = korean_entries(result, study)
    recorded = [*result["claims"], *result["facts"]]
    if len(own) != len(recorded):
        return found
    said = [
        {**one, "said": words, "sentence": words, "instead": instead, "statistics": statistics}
        for one, (words, instead, statistics) in zip(recorded, own, strict=True)
    ]
    count = len(result["claims"])
    return found | {"claims": said[:count], "facts": said[count:]}


def korean_statistics(text: str) -> str:
    """Return the statistics of a verdict in Korean."""
    head, colon, rest = text.partition(":")
    word, *reasons = head.split("; ")
    said = "; ".join([VERDICTS.get(word.split(" at ")[0], word), *reasons]) + colon + rest
    for pattern, words in STATISTICS:
        said = re.sub(pattern, words, said)
    return said
