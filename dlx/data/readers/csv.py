"""Tables as text, read by pandas; mistakes are named with file and line."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import pandas as pd

from dlx.data.readers.form import COMMA_NUMBER, FIRST, NUMBER, Form, Wanted, find_form
from dlx.data.readers.sheet import MARKERS, ROW_NAMES, Sheet
from dlx.data.readers.source import Source, chunks, read_source
from dlx.errors import ConfigError

EXACT = {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}


@dataclass(frozen=True)
class Text:
    """A table as text with the form in which it is read."""

    source: Source
    form: Form
    markers: frozenset[str]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and cells of each row below the header."""
        for line, row in self.form.rows(islice(self.source.lines(), self.form.skip, None)):
            yield line + self.form.skip, row

    def line(self, row: int) -> int:
        """Return the line number of a row, counted from 0."""
        return next(islice(self.rows(), row, None))[0]

    def open(self) -> BinaryIO:
        """Return the text in UTF-8 without comments."""
        if not self.form.comments:
            return self.source.open()
        kept = (
            line for place, line in enumerate(self.source.lines()) if place < self.form.skip or not line.startswith("#")
        )
        return io.BytesIO("".join(kept).encode())

    def read(self, places: list[int] | None, text: list[int]) -> pd.DataFrame:
        """Return columns by their place, some of them as text."""
        options: dict[str, Any] = {"usecols": places} if places is not None else {}
        with self.open() as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # such columns are read again, as text
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells that would be lost
            return pd.read_csv(
                file,
                sep=self.form.delimiter,
                quotechar=self.form.quote,
                decimal=self.form.decimal,
                header=None,
                names=list(range(len(self.form.names))),
                skiprows=self.form.skip - self.form.breaks,  # pandas counts rows
                index_col=False,
                dtype=dict.fromkeys(text, str),
                na_values=sorted(self.markers),
                keep_default_na=False,
                skipinitialspace=True,
                **EXACT,
                **options,
            )


def read_csv(path: Path, wanted: Wanted) -> Sheet:
    """Return a table from a file of text.

    Raises:
        ConfigError: the file is missing, empty, no text, without rows, ragged, or has two columns of one name.
    """
    source = read_source(path, wanted.encoding)
    form = find_form(source, wanted)
    text = Text(source, form, frozenset(MARKERS) | frozenset(wanted.markers))
    first = list(islice(checked_rows(text), FIRST))
    if not first:
        raise ConfigError(f"dataset.path: {path} has a header but no rows")
    text = replace(text, form=widened(text, first))
    words = [place for place, name in enumerate(text.form.names) if name in wanted.text]
    frame = whole_frame(text, sorted({*words, *words_in(text, [row for _, row in first])}))
    first_column = frame[0]
    frame, unnamed = named(text, frame)
    said = [{"utf-8": "UTF-8", "utf-8-sig": "UTF-8"}.get(source.encoding, source.encoding)]
    said += [source.packed] if source.packed else []
    mark = {"\t": "tab", " ": "space"}.get(form.delimiter, repr(form.delimiter))
    said += [f"delimiter {mark}"] + ["decimal comma"] * (form.decimal == ",") + ["comments"] * form.comments
    said += [] if form.header else ["no header"]
    row_names = first_column if ROW_NAMES in unnamed.values() else None
    said_form = ", ".join(said)
    return Sheet(
        path, frame, said_form, form.decimal, form.delimiter, wanted.time_format, text.line, unnamed, row_names
    )


def checked_rows(text: Text) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row.

    Raises:
        ConfigError: a quote is not closed; the message names the line.
    """
    last = text.form.skip
    try:
        for last, row in text.rows():
            yield last, row
    except csv.Error as error:
        raise ConfigError(f"{text.source.path}, line {last + 1}: cannot be read as CSV: {error}") from None


def widened(text: Text, rows: list[tuple[int, list[str]]]) -> Form:
    """Return the form with a name, which is empty, for each cell of a row that the header has none for.

    The rows of a table that R writes begin with a name that the header lacks; others end with a delimiter.

    Raises:
        ConfigError: a row has another number of cells.
    """
    form, names = text.form, text.form.names
    counts = Counter(len(row) for _, row in rows)
    if counts.keys() == {len(names) + 1}:
        if not any(row[-1].strip() for _, row in rows):
            names = (*names, "")
        elif len({row[0] for _, row in rows}) == len(rows):
            names = ("", *names)
    for line, row in rows:
        if len(row) != len(names):
            refuse_ragged(text, line, len(row))
    return replace(form, names=names)


def refuse_ragged(text: Text, line: int, cells: int) -> NoReturn:
    """Refuse a row with more or fewer cells than there are columns.

    Raises:
        ConfigError: always.
    """
    hint = "; text with a delimiter in it stands between quotes" if cells > len(text.form.names) else ""
    raise ConfigError(
        f"{text.source.path}, line {line}: {cells} cells, expected {len(text.form.names)} as in the header{hint}"
    )


def words_in(text: Text, rows: list[list[str]]) -> list[int]:
    """Return the places of columns with a cell that is neither a number nor missing."""
    pattern = COMMA_NUMBER if text.form.decimal == "," else NUMBER

    def is_word(cell: str) -> bool:
        cell = cell.strip()
        return cell not in text.markers and not pattern.fullmatch(cell) and not NUMBER.fullmatch(cell)

    return [place for place in range(len(text.form.names)) if any(is_word(row[place]) for row in rows)]


def whole_frame(text: Text, words: list[int]) -> pd.DataFrame:
    """Return all columns by their place, each of numbers or of text.

    Raises:
        ConfigError: a row has another number of cells than the header.
    """
    try:
        frame = text.read(None, words)
        mixed = [place for place in frame if frame[place].dtype == object or frame[place].dtype == bool]
        mixed = [place for place in mixed if place not in words]
        if mixed:
            again = text.read(mixed, mixed)
            for place in mixed:
                frame[place] = again[place]
    except (pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
        for line, row in checked_rows(text):
            if len(row) != len(text.form.names):
                refuse_ragged(text, line, len(row))
        reason = " ".join(str(error).split())
        raise ConfigError(f"dataset.path: {text.source.path} cannot be read as CSV: {reason}") from None
    if frame.iloc[:, -1].isna().any():  # also where cells are lacking at the end of a row
        refuse_short(text)
    return frame


def refuse_short(text: Text) -> None:
    """Refuse a row with fewer cells than there are columns.

    Raises:
        ConfigError: names the line.
    """
    form, mark = text.form, text.form.delimiter.encode()
    quoted = any(form.quote.encode() in chunk for chunk in chunks(text.source.open()))
    if not quoted and not form.comments:
        with text.source.open() as file:
            few = (line.count(mark) < len(form.names) - 1 and line.strip() for line in islice(file, form.skip, None))
            if not any(few):
                return
    for line, row in checked_rows(text):
        if len(row) < len(form.names):
            refuse_ragged(text, line, len(row))


def named(text: Text, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the columns under their names, and why those without a name are left out.

    Raises:
        ConfigError: a name stands twice, or a column in the middle has none.
    """
    names, where = list(text.form.names), f"{text.source.path}, line {text.form.header}"
    left: dict[str, str] = {}
    for place, name in enumerate(names):
        called = name or f"column {place + 1} (no name)"
        if not name and bool(frame[place].isna().all()):
            left[called] = "empty: a delimiter ends each line" if place == len(names) - 1 else "empty"
        elif place == 0 and name in ("", "Unnamed: 0"):
            left[called] = ROW_NAMES
        elif not name:
            raise ConfigError(f"{where}: column {place + 1} has no name; expected a name for each column with values")
        elif names.index(name) != place:
            raise ConfigError(f"{where}: column name {name!r} stands twice; names must differ")
        else:
            continue
        frame = frame.drop(columns=place)
    return frame.rename(columns=dict(enumerate(names))), left
