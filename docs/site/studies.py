"""The pages of studies: one for each, one for each chapter, the myths, and what did not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx.cli.list_study import variations
from dlx.console import language
from dlx.results.escape import html
from dlx.results.svg import drawings
from dlx.study.book import claims_html
from dlx.study.book import page as book
from dlx.study.book.badges import MYTH, badges, is_effect, pairs, verdict_words
from dlx.study.book.numbers import number
from dlx.study.book.titles import titled
from dlx.study.read.claim import Claim
from dlx.study.read.korean import korean_texts
from dlx.study.read.local import KOREAN, local, local_concept
from dlx.study.read.shelf import files
from dlx.study.read.study import CHAPTERS, Study
from docs.site.markup import console, folded, formula, highlighted, labeled, link, raw, text, toctree

Result = Mapping[str, Any]
MOST_RELATED = 6


@dataclass(frozen=True)
class Entry:
    """A study with its last result, if it has been run here.

    Attributes:
        study: the study as its file defines it.
        result: the content of result.json, or None.
        folder: the folder of the result.
    """

    study: Study
    result: Result | None
    folder: Path | None

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.study.name


def badges_of(entry: Entry) -> str:
    """Return the badges of a study."""
    if entry.result is None:
        return '<div class="badges"><span class="badge open">' + local("not run here") + "</span></div>"
    return f'<div class="badges">{book.badge_row(badges(entry.result, entry.study))}</div>'


def badges_meaning() -> str:
    """Return a link from the page of a study to what the badges mean, in the language of the page."""
    address = "../index.html#ko-badges" if language() == KOREAN else "../glossary.html#badges"
    return f'<p class="small">{link(address, local("What the badges say"))}</p>'


def study_page(entry: Entry, others: Sequence[Entry]) -> str:
    """Return the page of a study."""
    study, result = entry.study, entry.result
    parts = [f"# {text(study.title)}", raw(f'<p class="question">{html(study.question)}</p>{badges_of(entry)}')]
    if result is not None:
        parts.append(raw(badges_meaning() + found(result) + figures(entry)))
    if study.formula:
        parts += [heading("Formula"), raw(formula(study.formula))]
    parts += [heading("Why"), text(study.why), ""]
    parts += [heading("Claims"), raw(claims(entry))]
    parts += [heading("Arms and runs"), raw(arms(entry) + facts_of(entry))]
    parts += [heading("Run it yourself"), console(commands(study))]
    own = files()[study.name].read_text(encoding="utf-8")
    parts.append(raw(folded(f"experiments/{study.name}.yaml", highlighted(own, "yaml"))))
    parts += [heading("Related"), raw(related(entry, others))]
    parts.append(raw(other_language(entry)))
    return "\n".join(parts)


def heading(words: str) -> str:
    """Return a heading of a part of a page in the language of the page."""
    return f"## {local(words)}"


def found(result: Result) -> str:
    """Return the finding in a sentence: the first claim that is neither a control nor a myth."""
    own = [*result["claims"], *result["facts"]]
    main = next((one for one in own if is_effect(one)), own[0])
    if main["verdict"] == main["expected"]:
        said = claims_html.myth(main) if main["expected"] in MYTH else html(claims_html.said(main))
        return f'<p class="found">{said}</p>'
    tone = "open" if main["verdict"] in ("inconclusive", "unknown") else "bad"
    said = f"{local('Not as claimed')} ({local(main['verdict'])})"
    return f'<p class="found {tone}">{html(said)}: <q>{html(claims_html.said(main))}</q></p>'


def figures(entry: Entry) -> str:
    """Return the pictures of a study with their captions."""
    assert entry.folder is not None
    assert entry.result is not None
    pictures, _ = drawings(entry.folder)
    captions, pictures = book.captions_of(len(pictures), entry.study), titled(pictures, entry.result, entry.study)
    return "".join(
        f'<figure class="plot">{labeled(svg, caption)}<figcaption>{html(caption)}</figcaption></figure>'
        for svg, caption in zip(pictures, captions, strict=True)
    )


def claims(entry: Entry) -> str:
    """Return the claims, facts and myths with their verdicts; the statistics are folded."""
    if entry.result is None:
        words = [entry_words(claim.say, claim.instead) for claim in entry.study.entries]
        return f"<ul class=claims>{''.join(f'<li>{one}</li>' for one in words)}</ul>"
    items = "".join(claim(one, own) for one, own in pairs(entry.result, entry.study))
    return f"<ul class=claims>{items}</ul>"


def entry_words(say: str, instead: str) -> str:
    """Return the words of a claim that has no verdict yet."""
    return f"{local('Myth')}: <q>{html(say)}</q> {local('Fact')}: {html(instead)}" if instead else html(say)


def claim(one: Mapping[str, Any], own: Claim | None) -> str:
    """Return a claim with its verdict and the size of its effect."""
    statistics = folded(local("statistics"), f'<p class="small">{html(claims_html.behind(one))}</p>')
    if one["expected"] in MYTH:
        return f"<li><p>{claims_html.myth(one)}</p>{statistics}</li>"
    kind = f'<span class="kind">{local("control")}</span> ' if one["control"] else ""
    badge = claims_html.badge(one["verdict"], one["verdict"] == one["expected"], verdict_words(one, own))
    return f"<li><p>{badge} {kind}{html(claims_html.said(one))}</p>{statistics}</li>"


def arms(entry: Entry) -> str:
    """Return the arms as they are typed, and the table of their results."""
    rows = "".join(
        f"<dt>{html(level.text)}</dt><dd><code>{html(' '.join(level.overrides))}</code></dd>"
        for level in entry.study.axes.get("arm", ())
        if level.overrides
    )
    typed = f'<dl class="facts">{rows}</dl>' if rows else ""
    if entry.result is None:
        return typed
    return typed + book.arms_table(entry.result["arms"]) + book.tuning(entry.result["tuning"])


def facts_of(entry: Entry) -> str:
    """Return the reference, the seeds, the looks, the time and the versions."""
    study, result = entry.study, entry.result
    rows = []
    if study.work:
        rows.append(("Reference", html(study.work) + (f": {html(study.figure)}" if study.figure else "")))
    if result is not None:
        runs = f"{result['runs']}, {len(result['seeds'])} seeds, {number(result['seconds']['runs'])} s of computing"
        rows.append(("Runs", html(local(runs))))
        rows.append(("Looks", html(local(looks_words(result)))))
        versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        rows.append(("Made", html(f"{result['date']}, {versions}, {result['machine']}")))
    named = ", ".join(link(concept_address(name, "../"), local_concept(name)["concept"]) for name in study.concepts)
    rows.append(("Concepts", named))
    return '<dl class="facts">' + "".join(f"<dt>{local(name)}</dt><dd>{words}</dd>" for name, words in rows) + "</dl>"


def looks_words(result: Result) -> str:
    """Return the looks that the study has had, each with its seeds and verdict."""
    if not result["claims"]:
        return "none needed: facts do not depend on seeds"
    if not result["looks"]:
        return f"1, with {len(result['seeds'])} seeds"
    each = "; ".join(f"{len(look['seeds'])} seeds: {look['verdict']}" for look in result["looks"])
    return f"{len(result['looks'])} of 3 that the plan allows ({each})"


def commands(study: Study) -> list[str]:
    """Return the commands that repeat and vary a study."""
    again = f"dlx study run {study.name}"
    return [again, f"{again} --seeds 1000..{999 + len(study.axes['seed'])}", *variations(study)]


def related(entry: Entry, others: Sequence[Entry]) -> str:
    """Return links to the studies that share concepts, or at least the chapter."""
    own = set(entry.study.concepts)

    def shared(other: Entry) -> tuple[int, bool]:
        return len(own & set(other.study.concepts)), other.study.chapter == entry.study.chapter

    near = sorted((one for one in others if one.name != entry.name and any(shared(one))), key=shared, reverse=True)
    items = "".join(f"<li>{link(f'{one.name}.html', one.study.title)}</li>" for one in near[:MOST_RELATED])
    return f"<ul>{items}</ul>"


def other_language(entry: Entry) -> str:
    """Return a link to the same page in Korean, or from there in English; empty for a study without Korean words."""
    own = korean_texts().get(entry.name)
    if language() == KOREAN:
        return f"<p>{link(f'../../studies/{entry.name}.html', 'In English')}</p>"
    named = link(f"../ko/studies/{entry.name}.html", f"한국어: {own['title']}") if own else ""
    return f'<p lang="ko">{named}</p>'


def anchor(name: str) -> str:
    """Return the place of a concept on the page of its document; the places of both languages differ."""
    place = name.replace(".", "-").lower()
    return f"{KOREAN}-{place}" if language() == KOREAN else place


def concept_address(name: str, up: str = "") -> str:
    """Return the address of a concept on the page of its document."""
    return f"{up}concepts/{name.split('.')[0]}.html#{anchor(name)}"


def chapter_page(chapter: str, entries: Sequence[Entry]) -> str:
    """Return the page of a chapter with what each of its studies found."""
    cards = "".join(card(entry) for entry in entries)
    names = [entry.name for entry in entries]
    return f"# {text(local(chapter).capitalize())}\n\n{raw(f'<ul class=cards>{cards}</ul>')}\n{toctree(names)}"


def card(entry: Entry, up: str = "") -> str:
    """Return a study in a few lines: its question, its title, and what it found."""
    return (
        f"<li><p class=small>{html(entry.study.question)}</p>"
        f"<p><strong>{link(f'{up}{entry.name}.html', entry.study.title)}</strong></p>{badges_of(entry)}</li>"
    )


def studies_index(entries: Sequence[Entry]) -> str:
    """Return the page of all studies by chapter."""
    chapters = [chapter for chapter in CHAPTERS if any(entry.study.chapter == chapter for entry in entries)]
    said = "Each study asks a question, tests claims over seeds and says what it found."
    parts = [f"# {local('Studies')}", "", local(said), ""]
    for chapter in chapters:
        own = [entry for entry in entries if entry.study.chapter == chapter]
        items = "".join(
            f"<li>{link(f'{entry.name}.html', entry.study.title)} "
            f"<span class=small>{html(entry.study.question)}</span></li>"
            for entry in own
        )
        parts += [f"## {text(local(chapter).capitalize())}", raw(f"<ul>{items}</ul>")]
    return "\n".join([*parts, toctree([f"chapter_{chapter}" for chapter in chapters])])


def myths_page(entries: Sequence[Entry]) -> str:
    """Return the page of all myths with their facts."""
    said = "Statements that are often made and that a study refutes, each with what is true."
    parts = [f"# {local('Myths')}", "", local(said), ""]
    for entry in entries:
        result = entry.result
        own = [one for one in (*result["claims"], *result["facts"]) if one["expected"] in MYTH] if result else []
        items = "".join(f"<li><p>{claims_html.myth(one)}</p></li>" for one in own)
        if items:
            source = f"<p class=small>{link(f'studies/{entry.name}.html', entry.study.title)}</p>"
            parts.append(raw(f"<ul class=myths>{items}</ul>{source}"))
    return "\n".join(parts)


def changed_page(entries: Sequence[Entry], log: str) -> str:
    """Return the page of claims that failed or changed: those of today's results, then the dated log."""
    said = "Claims that came out otherwise than expected, studies that needed more seeds than planned, and a dated log."
    failed, looked = "", ""
    for entry in entries:
        if entry.result is None:
            continue
        where = link(f"studies/{entry.name}.html", entry.study.title)
        for one in (*entry.result["claims"], *entry.result["facts"]):
            if one["verdict"] != one["expected"]:
                words = f"<p><strong>{html(one['verdict'])}</strong>: {html(claims_html.said(one))}</p>"
                failed += f"<li>{words}<p class=small>{where}</p></li>"
        if len(entry.result["looks"]) > 1:
            looked += f"<li>{where}: {html(looks_words(entry.result))}</li>"
    none = "<p>Every claim and fact on this site came out as expected.</p>"
    once = "<p>Every study on this site was judged at its first look.</p>"
    parts = ["# What did not hold", "", said, ""]
    parts += ["## In the results on this site", raw(f"<ul class=claims>{failed}</ul>" if failed else none)]
    parts += ["## Studies that took more than one look", raw(f"<ul>{looked}</ul>" if looked else once)]
    return "\n".join([*parts, "", "## Log", *linked(log, entries).splitlines()[1:]])


def linked(words: str, entries: Sequence[Entry]) -> str:
    """Return Markdown in which the names of studies between backticks lead to their pages."""
    names = "|".join(sorted((re.escape(entry.name) for entry in entries), key=len, reverse=True))
    return re.sub(rf"(?<!`)`({names})`(?!`)", r"[`\1`](studies/\1.md)", words)
