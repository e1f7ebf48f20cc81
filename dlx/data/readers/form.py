"""The form of a table as text, found in its first lines: delimiter, quotes, comments, header and decimal mark."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from dlx.data.readers.source import Source
from dlx.errors import ConfigError, pasted

FIRST = 200  # lines that are looked at
DELIMITERS = (",", ";", "\t", "|")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
COMMA_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})|[+-]?(0|\d{4,}),\d+")


@dataclass(frozen=True)
class Wanted:
    """The form of a file as the user gives it; `auto` is found.

    Attributes:
        encoding: the encoding of the file.
        delimiter: the character between columns.
        decimal: the decimal mark.
        header: whether the first line holds the names of the columns.
        markers: further cells that stand for a missing value.
        time_format: the format of dates, in the letters of strftime.
        text: names of columns that are read as text, whatever their cells are.
    """

    encoding: str = "auto"
    delimiter: str = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    header: Literal["auto"] | bool = "auto"
    markers: tuple[str, ...] = ()
    time_format: str | None = None
    text: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Form:
    """The form of a table as text.

    Attributes:
        delimiter: the character between columns.
        quote: the character around cells.
        decimal: the decimal mark.
        skip: number of lines up to and including the header.
        names: the names of the columns, "" where there is none; one for each cell of a row.
        comments: whether lines that begin with # are no rows.
        header: the number of the line of the header; 0 if there is none.
        breaks: number of line breaks in quoted cells of the header, over which it goes on.
    """

    delimiter: str
    quote: str
    decimal: str
    skip: int
    names: tuple[str, ...]
    comments: bool
    header: int
    breaks: int = 0

    def rows(self, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        """Yield the line number and the cells of each row, without blank lines and comments.

        A row that goes over several lines has the number of its last one.
        """
        reader = csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, skipinitialspace=True, strict=True)
        for row in reader:
            if row and not (self.comments and row[0].startswith("#")) and not (len(row) == 1 and not row[0].strip()):
                yield reader.line_num, row


def find_form(source: Source, wanted: Wanted) -> Form:
    """Return the form of a text.

    Raises:
        ConfigError: the file is empty, or a delimiter, a name or the header is not what it should be.
    """
    path = source.path
    first = list(islice(source.lines(), FIRST))
    if not any(line.strip() for line in first):
        raise ConfigError(f"dataset.path: {path} is empty; expected a header line and rows")
    begin, said = preamble(first)
    delimiter = chosen_delimiter(wanted.delimiter, said)
    body = first[begin:]
    quote = "'" if single_quoted(body[0], delimiter) else '"'
    if delimiter is None:
        delimiter = found_delimiter(body, quote)
        quote = "'" if single_quoted(body[0], delimiter) else '"'
    usual = next(iter(split(body[:1], delimiter, quote)), 0)
    comments = any(cells != usual or usual == 1 for cells in split(body[1:], delimiter, quote, "#"))
    form = Form(delimiter, quote, ".", 0, (), comments, 0)
    rows = []
    try:
        for row in form.rows(whole(body)):
            rows.append(row)
    except csv.Error as error:
        line = begin + (rows[-1][0] if rows else 0) + 1
        raise ConfigError(f"{path}, line {line}: cannot be read as CSV: {error}") from None
    if not rows:
        raise ConfigError(f"dataset.path: {path} holds no cells; expected a header line and rows")
    header = [cell.strip().removeprefix("#").strip() for cell in rows[0][1]]
    line = begin + rows[0][0]
    if wanted.delimiter != "auto":
        refuse_other_delimiter(header, delimiter, source)
    has_names = is_header(header, rows[1:], wanted.header, source, line)
    names = header if has_names else [f"c{place + 1}" for place in range(len(header))]
    data = [row for _, row in rows[has_names:]]
    decimal = wanted.decimal if wanted.decimal != "auto" else decimal_of(data, delimiter)
    skip = line if has_names else begin
    breaks = sum(cell.count("\n") for cell in rows[0][1]) if has_names else 0
    return Form(delimiter, quote, decimal, skip, tuple(names), comments, line if has_names else 0, breaks)


def whole(lines: list[str]) -> list[str]:
    """Return lines without the last ones if a quoted cell may go on behind them."""
    return lines if len(lines) < FIRST else lines[: -len(lines) // 10]


def preamble(lines: list[str]) -> tuple[int, str | None]:
    """Return the number of lines before the header, and the delimiter that one of them tells (`sep=;`)."""
    said, begin = None, 0
    for number, line in enumerate(lines):
        text = line.strip()
        if match := re.fullmatch(r"sep=(.)", text):
            said, begin = match[1], number + 1
        elif not text or text.startswith("#"):
            begin = number + 1
        else:
            break
    if begin == len(lines):
        return 0, said
    last = begin - 1  # the last comment may be the header: as many cells as the first row, which is one of numbers
    if begin and lines[last].startswith("#"):
        for mark in DELIMITERS:
            cells, names = lines[begin].split(mark), lines[last].split(mark)
            if len(cells) == len(names) > 1 and any(NUMBER.fullmatch(cell.strip()) for cell in cells):
                return last, said
    return begin, said


def chosen_delimiter(wanted: str, said: str | None) -> str | None:
    """Return the delimiter that the user or the file names; None if it is to be found.

    Raises:
        ConfigError: it is not one character.
    """
    if wanted == "auto":
        return said
    delimiter = {"\\t": "\t", "tab": "\t"}.get(wanted, wanted)
    if len(delimiter) != 1 or delimiter in "\r\n\"'":
        raise ConfigError(f"dataset.delimiter: expected one character, tab or auto, got {wanted!r}")
    return delimiter


def split(lines: Iterable[str], delimiter: str, quote: str, start: str = "") -> Counter[int]:
    """Return how many lines that begin with `start` have how many cells."""
    counts: Counter[int] = Counter()
    for line in lines:
        if line.strip() and line.startswith(start):
            row = next(csv.reader([line], delimiter=delimiter, quotechar=quote, skipinitialspace=True), [])
            counts[len(row)] += 1
    return counts


def found_delimiter(lines: list[str], quote: str) -> str:
    """Return the delimiter that cuts most lines into the same number of cells, at least two."""
    best = (0.0, 0, ",")
    for mark in DELIMITERS:
        counts = split(lines, mark, quote)
        names = next(iter(split(lines[:1], mark, quote)), 1)
        usual, times = counts.most_common(1)[0]
        if usual >= 2 and names >= 2:
            best = max(best, (times / counts.total(), usual, mark))
    return best[2]


def single_quoted(line: str, delimiter: str | None) -> bool:
    """Return whether the names in a line stand between single quotes."""
    marks = [delimiter] if delimiter else DELIMITERS
    cells = max((line.strip().split(mark) for mark in marks), key=len)
    return all(len(cell.strip()) >= 2 and cell.strip()[0] == cell.strip()[-1] == "'" for cell in cells)


def refuse_other_delimiter(header: list[str], delimiter: str, source: Source) -> None:
    """Refuse a delimiter that leaves a single column in which another one stands.

    Raises:
        ConfigError: names the other one.
    """
    other = next((mark for mark in DELIMITERS if mark in header[0]), None)
    if len(header) == 1 and other is not None:
        mark = "tab" if other == "\t" else other
        raise ConfigError(
            f"dataset.delimiter: {source.path} has a single column {header[0]!r} between marks of {delimiter!r}; "
            f"did you mean {pasted('dataset.delimiter', mark)}?"
        )


def is_header(
    header: list[str], rows: list[tuple[int, list[str]]], wanted: Literal["auto"] | bool, source: Source, line: int
) -> bool:
    """Return whether the first line holds names.

    Raises:
        ConfigError: it holds numbers only.
    """
    if wanted != "auto":
        return wanted
    if all(NUMBER.fullmatch(cell) for cell in header):
        raise ConfigError(
            f"{source.path}, line {line}: holds numbers only ({', '.join(header[:4])}), expected the names of the "
            f"columns; dataset.header=false calls them c1 to c{len(header)}, dataset.header=true takes these as names"
        )
    return True


def decimal_of(rows: list[list[str]], delimiter: str) -> str:
    """Return the decimal mark: a comma if a cell can only be a number with one, and none can only be the other."""
    cells = [cell.strip() for row in rows for cell in row if "," in cell or "." in cell]
    commas = sum(COMMA_NUMBER.fullmatch(cell) is not None for cell in cells)
    points = sum(NUMBER.fullmatch(cell) is not None and re.search(r"\.(\d{1,2}|\d{4,})$", cell) is not None
                 for cell in cells)  # fmt: skip
    if commas and not points:
        return ","
    alone = [cell for cell in cells if re.fullmatch(r"[+-]?\d{1,3},\d{3}", cell)]  # 1,234: either
    return "," if alone and not points and delimiter != "," else "."
