"""Write dlx/study/find/verdicts.yaml, the verdicts of the lab book that `dlx ask` and `dlx read` look up."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
BOOK, FILE = ROOT / "docs" / "lab_book.html", ROOT / "dlx" / "study" / "find" / "verdicts.yaml"
HEAD = "# The verdicts of docs/lab_book.html; `python docs/verdicts.py` writes this file.\n"
SECTION = re.compile(r'<section id="(\w+)" data-verdict="(.*?)">(.*?)</section>', re.DOTALL)
ITEM = re.compile(r"<li>(.*?)<br><span class=small>(.*?)</span></li>", re.DOTALL)
BADGE = re.compile(r'<span class="badge \w+">(.*?)</span>')


def verdicts() -> str:
    """Return the file."""
    found = {name: study(verdict, body) for name, verdict, body in SECTION.findall(BOOK.read_text(encoding="utf-8"))}
    return HEAD + yaml.safe_dump(found, sort_keys=True, allow_unicode=True, width=4000)


def study(verdict: str, body: str) -> dict[str, Any]:
    """Return the verdict of one study, and those of its claims and facts."""
    items = [entry(*item) for item in ITEM.findall(re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL))]
    return {"verdict": text(verdict), "entries": [item for item in items if item]}


def entry(said: str, statistics: str) -> dict[str, str]:
    """Return one claim, fact or myth: its words, kind, verdict and statistics; a myth with what is true instead."""
    if "<strong>Myth:</strong>" in said:
        myth, _, fact = said.partition("<strong>Fact:</strong>")
        words = re.search(r"<q>(.*?)</q>", myth, re.DOTALL)
        kind, word, instead = "myth", text(statistics).split(":")[0].split(";")[0], text(fact)
        return {"said": text(words[1] if words else ""), "kind": kind, "verdict": word, "instead": instead}
    badge = BADGE.search(said)
    kind = "control" if "class=kind>control" in said else "claim"
    words = re.sub(r'<span class="badge.*?</span>|<span class=kind>.*?</span>', "", said)
    return {"said": text(words), "kind": kind, "verdict": text(badge[1] if badge else "")}


def text(markup: str) -> str:
    """Return the text of some HTML."""
    return " ".join(html.unescape(re.sub(r"<.*?>", "", markup)).split())


if __name__ == "__main__":
    FILE.write_text(verdicts(), encoding="utf-8")
