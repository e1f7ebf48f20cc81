"""The verdicts of the studies: those of the lab book that ships with dlx, and those of the user's own runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from dlx import paths
from dlx.config.yaml_file import read_mapping
from dlx.stored.read import BrokenFileError
from dlx.stored.result import read_result
from dlx.study.read.korean import korean_sentences

HERE = Path(__file__).parent
SHIPPED, OWN = "lab book", "your run"


@dataclass(frozen=True)
class Entry:
    """One claim, fact or myth of a study with its verdict.

    Attributes:
        study: the name of the study.
        said: its words, with the measured figures.
        kind: claim, control or myth; a fact counts as a claim.
        verdict: holds, refuted, inconclusive, true, false or unknown.
        instead: what is true instead of a myth.
    """

    study: str
    said: str
    kind: str
    verdict: str
    instead: str = ""


@dataclass(frozen=True)
class Judged:
    """The last verdict on a study.

    Attributes:
        verdict: the verdict; empty if the study has not been run.
        source: the lab book or the user's own run, with its date.
        entries: its claims, facts and myths.
    """

    verdict: str = ""
    source: str = ""
    entries: tuple[Entry, ...] = ()


def judged(name: str) -> Judged:
    """Return the last verdict on a study: that of the user's own run, or else that of the lab book."""
    try:
        result = read_result(paths.outputs() / "studies" / name)
    except BrokenFileError:
        result = None
    if result is not None:
        entries = tuple(own(name, item) for item in (*result["claims"], *result["facts"]))
        return Judged(str(result["verdict"]), f"{OWN} of {result['date']}", entries)
    shipped = book().get(name)
    if shipped is None:
        return Judged()
    return Judged(shipped["verdict"], SHIPPED, tuple(Entry(name, **item) for item in shipped["entries"]))


def in_korean(name: str, found: Judged) -> Judged:
    """Return the verdict on a study whose claims, facts and myths are said in Korean, as far as it has Korean words."""
    sentences = korean_sentences(name, [(entry.said, entry.instead) for entry in found.entries])
    entries = zip(found.entries, sentences, strict=True)
    return replace(found, entries=tuple(replace(one, said=said, instead=instead) for one, (said, instead) in entries))


def own(name: str, claim: Mapping[str, Any]) -> Entry:
    """Return a claim or a fact of a result."""
    myth = claim["expected"] in ("refuted", "false")
    kind = "myth" if myth else ("control" if claim["control"] else "claim")
    return Entry(name, str(claim["said"]), kind, str(claim["verdict"]), str(claim["instead"]))


@cache
def book() -> dict[str, dict[str, Any]]:
    """Return the verdicts of the lab book by study."""
    return read_mapping(HERE / "verdicts.yaml")
