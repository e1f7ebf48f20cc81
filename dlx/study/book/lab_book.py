"""The lab book: one self-contained page with the results of studies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from dlx import paths
from dlx.console import language
from dlx.errors import ConfigError
from dlx.files import write_text
from dlx.results.escape import html
from dlx.results.facts import duration
from dlx.results.page import page
from dlx.results.svg import drawings
from dlx.stored.read import BrokenFileError
from dlx.stored.result import read_result
from dlx.study.book.badges import MYTH, badges
from dlx.study.book.claims_html import Result, myth
from dlx.study.book.korean import local_result
from dlx.study.book.page import badge_row, counts_of, section
from dlx.study.read.concepts import concepts
from dlx.study.read.local import local
from dlx.study.read.shelf import find_study
from dlx.study.read.study import CHAPTERS, Counts, Study

WORDS = (
    "A <em>claim</em> is judged over seeds; the verdicts on all claims of a study hold at once, at 95 %. It "
    "<em>holds</em>, is <em>refuted</em>, or is <em>inconclusive</em> with these seeds. A <em>fact</em> cannot depend "
    "on chance: it is checked in every run and is true or false. A <em>control</em> is a claim on a place where the "
    "effect must vanish. A <em>myth</em> is a false statement that is often made; the study refutes it."
)


def write_book(
    output: str = "", names: Sequence[str] = (), pass_over: Callable[[BrokenFileError], None] = lambda error: None
) -> Path:
    """Write the lab book with all studies that have been run here, or with the given ones, and return its path.

    Args:
        output: the path; empty for outputs/lab_book.html.
        names: the studies; empty for all.
        pass_over: called with each file that is broken and left out.

    Raises:
        ConfigError: No study has been run, or not a given one.
    """
    found = results(names, pass_over)
    if not found:
        raise ConfigError("study report: no study has been run here; dlx study run --all runs them")
    path = Path(output) if output else paths.outputs() / "lab_book.html"
    text = page(local("Lab book"), book(found), language())
    write_text(path, text)
    return path


def results(
    names: Sequence[str] = (), pass_over: Callable[[BrokenFileError], None] = lambda error: None
) -> list[tuple[Result, Path]]:
    """Return the results below outputs/studies by chapter and name; the last variation of a study that was not run.

    `pass_over` is called with each file that is broken and left out.

    Raises:
        ConfigError: A given study has not been run.
    """
    found = []
    for folder in sorted((paths.outputs() / "studies").glob("*")):
        variations = sorted((folder / "variations").glob("*/result.json"), key=lambda path: path.stat().st_mtime)
        files = [path for path in (folder / "result.json", *reversed(variations)) if path.is_file()]
        try:
            result = read_result(files[0].parent) if files else None
        except BrokenFileError as error:
            pass_over(error)
            continue
        if result is not None and (not names or result["name"] in names):
            found.append((result, files[0].parent))
    for name in names:
        if name not in [result["name"] for result, _ in found]:
            raise ConfigError(f"{name}: has not been run here; dlx study run {name}")
    return sorted(found, key=lambda pair: (place(pair[0]["chapter"]), pair[0]["name"]))


def place(chapter: str) -> tuple[int, str]:
    """Return a key that sorts chapters; those of results of other versions of dlx, which may have others, come last."""
    return CHAPTERS.index(chapter) if chapter in CHAPTERS else len(CHAPTERS), chapter


def book(found: Sequence[tuple[Result, Path]]) -> str:
    """Return the body of the lab book."""
    studies = {result["name"]: find_study(result["name"]) for result, _ in found}
    every = [local_result(result, studies[result["name"]]) for result, _ in found]
    chapters = sorted({result["chapter"] for result in every}, key=place)
    parts = [head(every), contents(every, chapters, studies), myths(every)]
    for chapter in chapters:
        parts.append(f'<h2 id="chapter-{html(chapter)}">{html(local(chapter).capitalize())}</h2>')
        parts += [
            section(local_result(result, studies[result["name"]]), *drawings(folder), study=studies[result["name"]])
            for result, folder in found
            if result["chapter"] == chapter
        ]
    return "\n".join([*parts, times(every)])


def head(every: Sequence[Result]) -> str:
    """Return the title and the counts of studies, claims and concepts."""
    counts = Counts.total(counts_of(result) for result in every)
    good = sum(result["as_expected"] for result in every)
    covered = {name for result in every for name in result["concepts"]}
    by_claim = {name for result in every for name in result["concepts"] if name not in result["by_fact"]}
    seconds = sum(result["seconds"]["runs"] for result in every)
    first = every[0]
    versions = ", ".join(f"{name} {version}" for name, version in first["versions"].items())
    lead = local(
        f"{len(every)} {'study' if len(every) == 1 else 'studies'} with {counts}; {good} came out as "
        f"expected. They test {len(covered)} of {len(concepts())} concepts, {len(covered - by_claim)} of them by facts "
        f"alone. All runs took {duration(seconds)}."
    )
    written = local(
        f"Written {time.strftime('%Y-%m-%d')} by <code>dlx study run --all</code> and <code>dlx study report</code>."
    )
    return (
        f"<h1>{local('Lab book')}</h1>\n"
        f"<p class=lead>{lead}</p>\n"
        f"<p class=small>{html(versions)}. {html(first['machine'])}. {written}</p>\n"
        f"<p class=small>{local(WORDS)}</p>"
    )


def contents(every: Sequence[Result], chapters: Iterable[str], studies: Mapping[str, Study | None]) -> str:
    """Return the table of contents, with what each study found."""
    parts = [f'<nav aria-label="{local("Contents")}">']
    for chapter in chapters:
        own = [result for result in every if result["chapter"] == chapter]
        items = "".join(
            f'<li><a href="#{html(result["name"])}">{html(result["title"])}</a> '
            f"{badge_row(badges(result, studies[result['name']])[:2])}</li>"
            for result in own
        )
        parts.append(f"<h3>{html(local(chapter).capitalize())}</h3><ul>{items}</ul>")
    return "\n".join([*parts, "</nav>"])


def myths(every: Sequence[Result]) -> str:
    """Return the myths of all studies, each with its fact."""
    items = [
        f'<li><p>{myth(claim)}<br><a href="#{html(result["name"])}">{html(result["title"])}</a></p></li>'
        for result in every
        for claim in (*result["claims"], *result["facts"])
        if claim["expected"] in MYTH
    ]
    return f'<h2 id="myths">{local("Myths")}</h2>\n<ul class=myths>{"".join(items)}</ul>' if items else ""


def times(every: Sequence[Result]) -> str:
    """Return the time that each study took."""
    rows = "".join(
        f'<tr><td><a href="#{html(r["name"])}">{html(r["name"])}</a></td><td>{r["runs"]}</td>'
        f"<td>{r['seconds']['runs']:.1f}</td></tr>"
        for r in sorted(every, key=lambda r: -r["seconds"]["runs"])
    )
    heads = "".join(f"<th>{local(name)}</th>" for name in ("study", "runs", "seconds"))
    return (
        f'<h2 id="time">{local("Time by study")}</h2>\n<div class=scroll><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
