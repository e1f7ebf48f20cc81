"""The pages of concepts: a list by name, and one page for each document that the concepts come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from dlx.console import language
from dlx.results.escape import html
from dlx.study.book.words import capital
from dlx.study.read.concepts import concepts
from dlx.study.read.local import KOREAN, local, local_concept
from docs.site.markup import link, raw, table, text, toctree
from docs.site.studies import Entry, anchor, badges_of, concept_address, heading

HERE = Path(__file__).parent
DOCUMENTS = yaml.safe_load((HERE / "documents.yaml").read_text(encoding="utf-8"))
KOREAN_DOCUMENTS = yaml.safe_load((HERE / "korean_documents.yaml").read_text(encoding="utf-8"))


def documents() -> list[str]:
    """Return the ids of the documents, such as A1, in order."""
    return list(dict.fromkeys(name.split(".")[0] for name in concepts()))


def studies_of(name: str, entries: Sequence[Entry]) -> list[Entry]:
    """Return the studies that test a concept."""
    return [entry for entry in entries if name in entry.study.concepts]


def concepts_index(entries: Sequence[Entry]) -> str:
    """Return the page of all concepts: by name in alphabetical order, and by document."""
    rows = []
    for name, own in sorted(named().items(), key=lambda pair: pair[1]["concept"].lower()):
        tested = ", ".join(link(f"../studies/{e.name}.html", e.name) for e in studies_of(name, entries))
        address = concept_address(name).removeprefix("concepts/")
        rows.append([link(address, own["concept"]), tested or local("none yet")])
    listed = "".join(f"<li>{link(f'{own}.html', f'{own}: {title_of(own)}')}</li>" for own in documents())
    said = local("What the studies test, by the name of the concept and by lecture.")
    parts = [f"# {local('Concepts')}", "", said, ""]
    parts += [heading("By lecture"), raw(f"<ul>{listed}</ul>")]
    parts += [heading("By name"), raw(table([local("concept"), local("studies")], rows, stacked=True))]
    return "\n".join([*parts, toctree(documents())])


def named() -> dict[str, Mapping[str, str]]:
    """Return every concept by its id in the language of the page."""
    return {name: local_concept(name) for name in concepts()}


def title_of(document: str) -> str:
    """Return the title of a document in the language of the page."""
    return str((KOREAN_DOCUMENTS if language() == KOREAN else DOCUMENTS)[document])


def document_page(document: str, entries: Sequence[Entry]) -> str:
    """Return the page of a document: each of its concepts, what is said of it, and what studies found."""
    parts = [f"# {document}: {text(title_of(document))}", ""]
    for name, own in named().items():
        if name.split(".")[0] != document:
            continue
        parts += [f"({anchor(name)})=", f"## {text(capital(own['concept']))}", ""]
        said = f"<p>{local('As it is taught')}: <q>{html(own['claim'])}</q></p>"
        cards = "".join(
            f"<li><p><strong>{link(f'../studies/{entry.name}.html', entry.study.title)}</strong></p>"
            f"<p class=small>{html(entry.study.question)}</p>{badges_of(entry)}</li>"
            for entry in studies_of(name, entries)
        )
        none = f"<p>{local('No study tests it yet.')}</p>"
        parts.append(raw(f"{said}<p class=small>{name}</p>" + (f"<ul class=cards>{cards}</ul>" if cards else none)))
    return "\n".join(parts)
