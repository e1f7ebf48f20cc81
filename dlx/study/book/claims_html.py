"""The claims and facts of a study in HTML, each with its verdict as a badge; a myth with its fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlx.results.escape import html
from dlx.study.book.badges import MYTH
from dlx.study.book.words import capital
from dlx.study.read.local import local

Result = Mapping[str, Any]


def badge(verdict: str, good: bool, words: str = "") -> str:
    """Return a verdict as a badge, which is green if the verdict is the expected one; `words` take its place."""
    kind = "good" if good else ("open" if verdict in ("inconclusive", "unknown") else "bad")
    return f'<span class="badge {kind}">{html(words or local(verdict))}</span>'


def facts_list(result: Result) -> str:
    """Return the list of the facts of a study, which are checked in every run; empty without any."""
    items = "".join(claim_item(fact) for fact in result["facts"])
    return (
        f"<p><strong>{local('Facts, checked in every run.')}</strong></p>\n<ul class=claims>{items}</ul>\n"
        if items
        else ""
    )


def claims_list(result: Result) -> str:
    """Return the list of the claims of a study; empty without any."""
    items = "".join(claim_item(claim) for claim in result["claims"])
    return f"<ul class=claims>{items}</ul>\n" if items else ""


def claim_item(claim: Mapping[str, Any]) -> str:
    """Return one claim with its verdict; a myth is followed by its fact."""
    good = claim["verdict"] == claim["expected"]
    small = f"<br><span class=small>{html(behind(claim))}</span>"
    if claim["expected"] in MYTH:
        return f"<li>{myth(claim)}{small}</li>"
    kind = f"<span class=kind>{local('control')}</span> " if claim["control"] else ""
    return f"<li>{badge(claim['verdict'], good)} {kind}{html(said(claim))}{small}</li>"


def said(claim: Mapping[str, Any]) -> str:
    """Return the words of a claim as a sentence."""
    return sentence_of(str(claim["said"]))


def behind(claim: Mapping[str, Any]) -> str:
    """Return the verdict with its statistics; results of earlier versions have only the sentence with the claim."""
    return str(claim["statistics"] or claim["sentence"])


def myth(claim: Mapping[str, Any]) -> str:
    """Return a myth and its fact, without a green badge, since the myth is a false statement."""
    failed = "" if claim["verdict"] in MYTH else f" {badge('not refuted', good=False)}"
    return (
        f"<strong>{local('Myth')}:</strong> <q>{html(said(claim))}</q>{failed}<br>"
        f"<strong>{local('Fact')}:</strong> {html(sentence_of(claim['instead']))}"
    )


def sentence_of(text: str) -> str:
    """Return a text that starts with a capital letter and ends with a period."""
    return f"{capital(text).rstrip('.')}." if text else ""
