"""The Korean edition of the studies: below ko/, the same pages as in English, with the same addresses."""

from __future__ import annotations

from collections.abc import Sequence

from dlx.console import speaking
from dlx.results.escape import html
from dlx.study.book.korean import local_result, local_study
from dlx.study.read.local import KOREAN
from docs.site import studies
from docs.site.edition import of_studies
from docs.site.markup import link, raw
from docs.site.studies import Entry


def korean_pages(every: Sequence[Entry], start: str) -> dict[str, str]:
    """Return every page of the Korean edition by its path without suffix.

    Args:
        every: the studies.
        start: the words of the start page.
    """
    with speaking(KOREAN):
        own = [in_korean(entry) for entry in every]
        found = {"index": start_page(own, start), **of_studies(own)}
    return {f"{KOREAN}/{name}": words for name, words in found.items()}


def in_korean(entry: Entry) -> Entry:
    """Return a study and its result in the words of the Korean edition."""
    result = None if entry.result is None else local_result(entry.result, entry.study)
    return Entry(local_study(entry.study), result, entry.folder)


def start_page(every: Sequence[Entry], words: str) -> str:
    """Return the start page: where to go, and what some studies found."""
    myths = sum(entry.study.counts.myths for entry in every)
    claims = sum(entry.study.counts.claims + entry.study.counts.facts for entry in every)
    cards = [
        ("studies/index.html", f"연구 {len(every)}개", f"주장과 사실 {claims}개"),
        ("myths.html", f"통념 {myths}개", "흔히 말하는 것과 참인 것"),
        ("concepts/index.html", "개념", "강의의 단어에서 그것을 시험하는 연구로"),
        ("../tutorial.html", "튜토리얼(영어)", "10분 만에 학습하고, 비교하고, 첫 주장을 판정한다"),
    ]
    grid = "".join(f'<a href="{a}"><strong>{html(title)}</strong>{html(said)}</a>' for a, title, said in cards)
    chosen = {entry.study.chapter: entry for entry in reversed(every) if entry.result}
    shown = "".join(studies.card(entry, "studies/") for entry in list(chosen.values())[-6:])
    found = f"<ul class=cards>{shown}</ul>" if shown else link("studies/index.html", "모든 연구")
    return words.replace("{cards}", raw(f'<div class="grid">{grid}</div>')).replace("{shown}", raw(found))
