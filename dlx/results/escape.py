r"""Texts from files in the terminal, in HTML, CSV, JSON, LaTeX and figures: one function for each, which shows a text.

A name of a run, a metric or a class may hold what a terminal obeys, a browser executes or a spreadsheet computes. Each
function returns a text that shows it. Characters without a form of their own, such as those that begin a command to the
terminal or reverse the direction of writing, are shown as `\x1b` or `\u202e`.
"""

from __future__ import annotations

import html as entities
import json
import unicodedata
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what begins a formula in a spreadsheet
LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {c: rf"\{c}" for c in "&%$#_{}"}
LATEX |= {c: f"{{{c}}}" for c in "[]*"}  # at the start of a row they would be an argument of the line break before it


def plain(text: object, lines: bool = False) -> str:
    """Return a text whose characters are all visible, for the terminal; with `lines`, line breaks and tabs are kept."""
    said = str(text)
    return said if said.isprintable() else "".join(c if shows(c, lines) else ascii(c)[1:-1] for c in said)


def shows(character: str, lines: bool = False) -> bool:
    """Return whether a character shows itself, as a letter or a space does."""
    kind = unicodedata.category(character)
    return (lines and character in "\n\t") or not (kind.startswith("C") or kind in ("Zl", "Zp"))


def markup(text: object) -> str:
    """Return a text for rich, which takes words in brackets as its markup."""
    from rich.markup import escape  # rich is slow to import

    return escape(plain(text))


def html(text: object) -> str:
    """Return a text for the content of an element and for an attribute in quotes."""
    return entities.escape(plain(text, lines=True))


def latex(text: object) -> str:
    """Return a text with the special characters of LaTeX escaped."""
    return "".join(LATEX.get(c, c) for c in plain(text))


def cell(value: Any) -> Any:
    """Return a value for CSV: an apostrophe precedes a text that a spreadsheet would compute; numbers stay."""
    if not isinstance(value, str):
        return value
    said = plain(value)
    return f"'{said}" if value.startswith(FORMULA) and not is_number(value) else said


def is_number(text: str) -> bool:
    """Return whether a text represents a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def json_text(value: Any) -> str:
    """Return a value as JSON, in which characters that do not show themselves are escaped."""
    written = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return "".join(c if shows(c, lines=True) else json.dumps(c)[1:-1] for c in written)


def label(text: object) -> str:
    """Return a text for a figure of matplotlib, which takes what stands between two dollar signs as a formula."""
    return plain(text, lines=True).replace("$", r"\$")
