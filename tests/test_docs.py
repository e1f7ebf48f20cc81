"""The documents: their links lead somewhere, and the picture of the rooms is that of the table of arrows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
HISTORIES = ("CHANGELOG.md", "log.md")  # they name files that were there once


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing, missing


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in HISTORIES], ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(
        r"(?<![\w./<])((?:dlx|conf|tests|docs|benchmarks)/[\w./]+\.(?:py|md|yaml|svg))", page.read_text()
    )
    missing = [name for name in named if not (ROOT / name).exists() and Path(name).stem not in ("x", "mine")]
    assert not missing, missing


def test_the_picture_of_the_rooms_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "rooms.py"))
    assert script["picture"]() == script["FILE"].read_text(encoding="utf-8"), "run: python docs/rooms.py"


def typed(page: str) -> set[str]:
    """Return the commands of a README: those in the text, and the lines of its blocks without their comments."""
    words = (ROOT / page).read_text(encoding="utf-8")
    lines = re.findall(r"^(?:    (?:\$ )?)?((?:dlx|make|source) .+)$", words, re.M)
    inline = [" ".join(one.split()) for one in re.findall(r"`((?:dlx|make|python|sudo) [^`]+)`", words)]
    return {" ".join(line.partition("  #")[0].split()) for line in lines} | set(inline)


def test_the_korean_readme_has_the_same_commands() -> None:
    english, korean = typed("README.md"), typed("README.ko.md")
    assert english - korean == set(), "README.ko.md lacks these commands"
    assert korean - english == set(), "README.md lacks these commands"
