"""The Korean sentence of a typed claim: its English one taken apart, and said again with the verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dlx.study.read.claim import Claim

SAID = re.compile(
    r"(?P<metric>.+?) of (?P<left>.+?) is (?P<verb>higher than|lower than|the same as) "
    r"(?:(?P<times>\S+) times )?(?P<that>that of )?(?P<right>.+?)"
    r"(?: by more than (?P<more>\S+)|, within (?P<factor>a factor )?(?P<within>\S+))?"
)  # the sentences of dlx.study.read.own
STEMS = {"higher than": "높", "lower than": "낮", "the same as": "같"}
ENDINGS = {"holds": "{}다", "refuted": "{}다는 것은 옳지 않다", "inconclusive": "시드 {n}개로는 {}은지 알 수 없다"}
CLOSED = "013678"  # the digits whose Korean names end in a consonant: 영 일 삼 육 칠 팔
QUESTION = re.compile(r"Is it so that (.+)\?")


def stem(said: str) -> str | None:
    """Return what a typed claim says in Korean, without the ending of its verb; None if the words are not its own."""
    found = SAID.fullmatch(said)
    if found is None:
        return None
    other = found["right"] + ("의 값" if found["that"] else "")
    if found["within"]:
        particle = "과" if found["that"] or other[-1] in CLOSED else "와"
        compared = f"{other}{particle} {found['within']}{'배' if found['factor'] else ''} 이내로"
    elif found["times"]:
        compared = f"{other}의 {found['times']}배보다"
    else:
        compared = f"{other}보다" + (f" {found['more']} 넘게" if found["more"] else "")
    return f"{found['left']}의 {found['metric']} 값이 {compared} {STEMS[found['verb']]}"


def typed_said(said: str) -> str:
    """Return what a typed claim says as a Korean sentence without a full stop; other words stay as they are."""
    own = stem(said)
    return said if own is None else f"{own}다"


def typed_judged(claim: Claim, verdict: str, seeds: int) -> str | None:
    """Return a typed claim with its verdict in Korean, such as `시드 3개로는 …보다 높은지 알 수 없다`.

    Args:
        claim: the claim, in the English words of `dlx.study.read.own`.
        verdict: holds, refuted or inconclusive.
        seeds: the number of seeds, which an inconclusive verdict names.

    Returns:
        The sentence without a full stop; None if the words are not those of a typed claim.
    """
    own = stem(claim.say)
    where = f"{claim.level}에서 " if claim.level else ""
    return None if own is None else ENDINGS[verdict].format(f"{where}{own}", n=f"{seeds:,}")


def typed_question(question: str) -> str:
    """Return the question of a typed claim in Korean; another question stays as it is."""
    found = QUESTION.fullmatch(question)
    stems: Sequence[str | None] = [stem(said) for said in found[1].split("; ")] if found else [None]
    return question if None in stems else f"{'; '.join(f'{own}은가' for own in stems)}?"
