"""Text laid out for the terminal: wrapped paragraphs, tables whose last column wraps, and help pages."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NARROWEST, WIDEST = 40, 120
BELOW = " " * 6  # indent of a last column that does not fit beside the others


def width() -> int:
    """Return the number of columns to fill: that of the terminal, or 120 in a pipe or a file."""
    return min(max(shutil.get_terminal_size((WIDEST, 24)).columns, NARROWEST), WIDEST)


def paragraph(text: str, indent: str = "") -> list[str]:
    """Return the lines of a text, wrapped between words; Korean letters are two columns wide."""
    if columns(text) > len(text):
        return wide_paragraph(text, indent)
    return textwrap.wrap(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def columns(text: str) -> int:
    """Return the number of columns that a text takes in a terminal: two for each Korean letter."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text if letter > "\u1100")


def wide_paragraph(text: str, indent: str) -> list[str]:
    """Return the lines of a text whose letters may be two columns wide, wrapped between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if columns(indent + longer) <= width() or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [indent + line for line in lines if line]


def command(text: str, indent: str) -> list[str]:
    """Return the lines of a command, continued by backslashes if the terminal is narrow."""
    lines = textwrap.wrap(text, width() - len(indent) - 4, break_long_words=False, break_on_hyphens=False)
    if len(indent + text) <= width() or any(line.count("'") % 2 for line in lines):
        return [indent + text]
    ends = [" \\"] * (len(lines) - 1) + [""]
    return [indent + "  " * (n > 0) + line + end for n, (line, end) in enumerate(zip(lines, ends, strict=True))]


def rows(table: Sequence[Sequence[str]], labels: Sequence[str] = ()) -> list[str]:
    """Return the lines of a table, indented by two spaces.

    The columns are aligned and the last one wraps below itself. If it would be narrow, it goes below the others; if
    not even these fit side by side, each row becomes a block: first cell, other cells, last cell.

    Args:
        table: rows of equal length.
        labels: text that precedes each cell in a block, where the cells have no columns.
    """
    if not table:
        return []
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]) - 1)]
    taken = 2 + sum(size + 2 for size in widths if size)
    if taken > width():
        return [line for row in table for line in _block(row, labels or [""] * len(row))]
    beside = taken <= width() * 0.6
    indent = " " * taken if beside else BELOW
    lines = []
    for row in table:
        head = "  " + "".join(f"{cell:<{size}}  " for cell, size in zip(row, widths, strict=False) if size)
        text = paragraph(row[-1], indent)
        if beside and text:
            head += text.pop(0).strip()
        lines += [head.rstrip(), *text]
    return lines


def _block(row: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return the lines of a row as a block; a type such as `a|b|c` wraps at its bars."""
    first, *middle = [label + cell for label, cell in zip(labels, row[:-1], strict=False) if cell]
    types = paragraph("; ".join(middle).replace("|", "\N{NO-BREAK SPACE}| "), BELOW)
    return [f"  {first}", *(line.replace("\N{NO-BREAK SPACE}", " ") for line in types), *paragraph(row[-1], BELOW)]


@dataclass(frozen=True)
class Help:
    """The help page of a command; `str()` wraps it to the terminal.

    Attributes:
        usage: forms of the command line, without the word `usage:`.
        summary: what the command does, in a sentence or two.
        sections: tables by title, such as examples and options: what is typed, and its meaning.
        notes: paragraphs at the end.
    """

    usage: Sequence[str]
    summary: str
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        """Return the page, which starts with the usage."""
        lines = [f"{'usage:' if n == 0 else '      '} {form}" for n, form in enumerate(self.usage)]
        lines += ["", *paragraph(self.summary)]
        for title, table in self.sections.items():
            lines += ["", f"{title}:", *rows(list(table.items()))]
        for note in self.notes:
            lines += ["", *paragraph(note)]
        return "\n".join(lines)
