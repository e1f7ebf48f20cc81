"""Writing the pages of the site to a folder, and building them with Sphinx."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from dlx.console import speaking
from dlx.results.escape import html
from dlx.stored.read import BrokenFileError
from dlx.study.book.lab_book import results
from dlx.study.read.shelf import all_studies
from docs.site import korean, reference, studies
from docs.site.edition import of_studies
from docs.site.markup import link, raw, toctree
from docs.site.studies import Entry

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# Documents of the repository that the site holds, in the order in which they are listed.
NOTES = (
    "tasks", "studies", "judge", "claims", "your_data", "your_models", "use_a_model", "explain", "clusters",
    "lightning", "architecture", "decisions", "defaults", "crossings", "own_data_scores", "reliability",
)  # fmt: skip
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def entries() -> list[Entry]:
    """Return all studies by chapter, each with its last result below outputs/studies, if there is one."""
    broken: list[BrokenFileError] = []
    found = {result["name"]: (result, folder) for result, folder in results((), broken.append)}
    return [Entry(study, *found.get(study.name, (None, None))) for study in all_studies()]


def pages(every: Sequence[Entry], groups: Sequence[str] | None = None) -> dict[str, str]:
    """Return every page in English, and the Korean edition of the studies, by its path without suffix.

    Args:
        every: the studies.
        groups: the groups with a page in the reference; None for all.
    """
    with speaking("en"):
        found = english_pages(every, groups)
    return found | korean.korean_pages(every, found["ko/index"])


def english_pages(every: Sequence[Entry], groups: Sequence[str] | None) -> dict[str, str]:
    """Return every page by its path without suffix; of the Korean edition only the words of its start page.

    Args:
        every: the studies.
        groups: the groups with a page in the reference; None for all.
    """
    found = {path.relative_to(HERE / "pages").with_suffix("").as_posix(): path.read_text(encoding="utf-8")
             for path in sorted((HERE / "pages").rglob("*.md"))}  # fmt: skip
    found["index"] = start(every, found["index"])
    found |= of_studies(every)
    found["changed"] = studies.changed_page(every, noted("log"))
    found["reference/index"] = reference.reference_index()
    found |= {f"reference/{group}": reference.group_page(group) for group in groups or reference.groups()}
    found |= {f"notes/{name}": noted(name) for name in NOTES}
    found["notes/index"] = f"# Notes\n\nHow claims are judged, and how dlx is built.\n\n{toctree(NOTES, hidden=False)}"
    return found


def start(every: Sequence[Entry], words: str) -> str:
    """Return the start page: what dlx is, where to go, and what the studies found."""
    myths = sum(entry.study.counts.myths for entry in every)
    claims = sum(entry.study.counts.claims + entry.study.counts.facts for entry in every)
    run = sum(entry.result is not None for entry in every)
    cards = [
        ("tutorial.html", "Tutorial", "Train, sweep and judge a first claim in ten minutes."),
        ("studies/index.html", f"{len(every)} studies", f"{claims} claims and facts, {run} studies run for this site."),
        ("myths.html", f"{myths} myths", "What is often said, and what is true."),
        ("concepts/index.html", "Concepts", "From a word of the lecture to the studies that test it."),
        ("notes/tasks.html", "22 questions", "What would you like to know? Each with its command and its answer."),
        ("howto/index.html", "How to", "Your own data, a comparison, a claim of your own."),
        ("reference/index.html", "Reference", "Every group, option and key, with formulas and code."),
    ]
    grid = "".join(f'<a href="{a}"><strong>{html(title)}</strong>{html(said)}</a>' for a, title, said in cards)
    first = [next(e for e in every if e.study.chapter == c) for c in dict.fromkeys(e.study.chapter for e in every)]
    shown = "".join(studies.card(entry, "studies/") for entry in first[2:8] if entry.result)
    return words.replace("{cards}", raw(f'<div class="grid">{grid}</div>')).replace(
        "{shown}",
        raw(f"<ul class=cards>{shown}</ul>" if shown else link("studies/index.html", "All studies")),
    )


def noted(name: str) -> str:
    """Return a document of docs/ whose links to files outside the site are names of these files."""
    words = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")

    def kept(match: re.Match[str]) -> str:
        picture, said, address = match.groups()
        target, _, anchor = address.partition("#")
        if "://" in address or (not target and anchor):
            return match[0] if "://" in address else said
        if Path(target).suffix == ".md" and Path(target).stem in NOTES and "/" not in target:
            return f"[{said}]({target})"
        return "" if picture else f"{said} (`{target}`)" if said.strip("`") != target else f"`{target}`"

    return LINK.sub(kept, words)


def write(found: dict[str, str], folder: Path) -> None:
    """Write the sources of the site to an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, words in found.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words, encoding="utf-8")
    shutil.copy(HERE / "conf.py", folder / "conf.py")
    shutil.copytree(HERE / "static", folder / "static")


def sphinx(source: Path, output: Path) -> int:
    """Build the site and return the exit code; a warning counts as an error."""
    from sphinx.cmd.build import build_main

    doctrees = str(source.parent / "doctrees")
    return int(build_main(["-q", "-W", "--keep-going", "-b", "html", "-d", doctrees, str(source), str(output)]))
