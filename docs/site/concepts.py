"""The pages of concepts: a list by name, and one page for each document that the concepts come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from dlx.results.escape import html
from dlx.study.read.concepts import concepts
from docs.site.markup import link, raw, table, text, toctree
from docs.site.studies import Entry, badges_of, concept_address

DOCUMENTS = yaml.safe_load((Path(__file__).parent / "documents.yaml").read_text(encoding="utf-8"))


def documents() -> list[str]:
    """Return the ids of the documents, such as A1, in order."""
    return list(dict.fromkeys(name.split(".")[0] for name in concepts()))


def studies_of(name: str, entries: Sequence[Entry]) -> list[Entry]:
    """Return the studies that test a concept."""
    return [entry for entry in entries if name in entry.study.concepts]


def concepts_index(entries: Sequence[Entry]) -> str:
    """Return the page of all concepts: by name in alphabetical order, and by document."""
    rows = []
    for name, own in sorted(concepts().items(), key=lambda pair: pair[1]["concept"].lower()):
        tested = ", ".join(link(f"../studies/{e.name}.html", e.name) for e in studies_of(name, entries)) or "none yet"
        address = concept_address(name).removeprefix("concepts/")
        rows.append([link(address, own["concept"]), tested])
    listed = "".join(f"<li>{link(f'{own}.html', f'{own}: {DOCUMENTS[own]}')}</li>" for own in documents())
    named = ["# Concepts", "", "What the studies test, by the name of the concept and by lecture.", ""]
    named += ["## By lecture", raw(f"<ul>{listed}</ul>"), "## By name", raw(table(["concept", "studies"], rows))]
    return "\n".join([*named, toctree(documents())])


def document_page(document: str, entries: Sequence[Entry]) -> str:
    """Return the page of a document: each of its concepts, what is said of it, and what studies found."""
    parts = [f"# {document}: {text(DOCUMENTS[document])}", ""]
    for name, own in concepts().items():
        if name.split(".")[0] != document:
            continue
        parts += [f"({name.replace('.', '-').lower()})=", f"## {text(own['concept'])}", ""]
        said = f"<p>As it is taught: <q>{html(own['claim'])}</q></p>" if own["claim"] else ""
        cards = "".join(
            f"<li><p><strong>{link(f'../studies/{entry.name}.html', entry.study.title)}</strong></p>"
            f"<p class=small>{html(entry.study.question)}</p>{badges_of(entry)}</li>"
            for entry in studies_of(name, entries)
        )
        none = "<p>No study tests it yet.</p>"
        parts.append(raw(f"{said}<p class=small>{name}</p>" + (f"<ul class=cards>{cards}</ul>" if cards else none)))
    return "\n".join(parts)
