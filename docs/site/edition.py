"""The pages on studies, which each edition of the site has, in the language that dlx speaks."""

from __future__ import annotations

from collections.abc import Sequence

from dlx.study.read.study import CHAPTERS
from docs.site import concepts, studies
from docs.site.studies import Entry


def of_studies(every: Sequence[Entry]) -> dict[str, str]:
    """Return the pages of studies, chapters, concepts and myths by their path without suffix."""
    found = {"studies/index": studies.studies_index(every)}
    for chapter in CHAPTERS:
        own = [entry for entry in every if entry.study.chapter == chapter]
        if own:
            found[f"studies/chapter_{chapter}"] = studies.chapter_page(chapter, own)
    found |= {f"studies/{entry.name}": studies.study_page(entry, every) for entry in every}
    found["concepts/index"] = concepts.concepts_index(every)
    found |= {f"concepts/{name}": concepts.document_page(name, every) for name in concepts.documents()}
    found["myths"] = studies.myths_page(every)
    return found
