"""`dlx ask`: the studies and concepts nearest to a question, in English or Korean, with their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlx.cli.flags import Flags
from dlx.cli.text import Help, command, paragraph
from dlx.errors import ConfigError

if TYPE_CHECKING:
    from dlx.study.find.verdicts import Judged
    from dlx.study.read.study import Study

MOST_STUDIES, MOST_CONCEPTS, MOST_ENTRIES = 3, 3, 3
HELP = Help(
    usage=["dlx ask QUESTION"],
    summary="Find the studies and concepts nearest to a question, in English or Korean, and print what the studies "
    "found and the command that runs them. Nothing is trained, and nothing leaves this machine.",
    sections={
        "examples": {
            'dlx ask "does dropout help?"': "the studies on dropout, with their verdicts",
            'dlx ask "왜 ReLU?"': "the same in Korean",
        },
        "options": {"-h, --help": "print this page"},
    },
    notes=[
        "The verdicts are those of your own runs (dlx study run NAME), or else those of the lab book that ships with "
        "dlx. The exit code is 1 if nothing matches.",
    ],
)


def main(arguments: Sequence[str]) -> int:
    """Print the nearest studies and concepts, and return 0; 1 if nothing matches."""
    wanted = Flags("dlx ask").read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    question = " ".join(wanted.words).strip()
    if not question:
        raise ConfigError('dlx ask: expected a question, such as dlx ask "does dropout help?"')
    from dlx.console import language_of, speaking

    with speaking(language_of(question)):
        return answer(question)


def answer(question: str) -> int:
    """Print the nearest studies and concepts in the language of the reader, and return the exit code."""
    from dlx.console import language
    from dlx.results.escape import plain
    from dlx.study.book.korean import local_study
    from dlx.study.find.index import studies_and_concepts
    from dlx.study.find.verdicts import in_korean, judged
    from dlx.study.find.words import HANGUL
    from dlx.study.read.local import KOREAN, local, local_concept

    studies, by_study, by_concept = studies_and_concepts(bool(HANGUL.search(question)))
    hits, ideas = by_study.search(question, MOST_STUDIES), by_concept.search(question, MOST_CONCEPTS)
    if not hits and not ideas:
        nothing = f"nothing here matches {plain(question)!r}; dlx study list shows all {len(studies)} studies"
        print(local(nothing))
        return 1
    for hit in hits:
        found = judged(hit.name)
        found = in_korean(hit.name, found) if language() == KOREAN else found
        print("\n".join(lines_of(local_study(studies[hit.name]), found, question)))
    for hit in ideas:
        named = f"{local('concept')} {hit.name}: {plain(local_concept(hit.name)['concept'])}"
        print("\n".join(paragraph(named)))
    return 0


def lines_of(study: Study, found: Judged, question: str) -> list[str]:
    """Return a study in lines: title, verdict, the claims nearest to the question, and the command."""
    from dlx.results.escape import plain
    from dlx.study.find.index import Index
    from dlx.study.read.local import local, local_said

    verdict = local(f"{local(said(found))} ({found.source})" if found.verdict else "not judged yet")
    lines = [*paragraph(plain(study.title)), *paragraph(f"{local('verdict')}: {verdict}", "  ")]
    entries = {str(place): entry for place, entry in enumerate(found.entries) if entry.kind != "control"}
    nearest = Index({place: [entry.said] for place, entry in entries.items()}).search(question, MOST_ENTRIES)
    shown = [entries[hit.name] for hit in nearest] or list(entries.values())[:1]
    for entry in shown:
        instead = f" {local('Fact')}: {local_said(entry.instead)}" if entry.instead else ""
        word = local("myth" if entry.kind == "myth" else entry.verdict)
        lines += paragraph(f"{word}: {plain(local_said(entry.said))}{plain(instead)}", "  ")
    return [*lines, *command(f"dlx study run {study.name}", "  ")]


def said(found: Judged) -> str:
    """Return the verdict on a study in words; one on a myth says so."""
    myth = found.verdict in ("refuted", "false") and all(entry.kind != "claim" for entry in found.entries)
    return "myth refuted" if myth else found.verdict
