"""New rows of a table, or another series, in the form of those that a run was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from dlx.data.raw import NewExamples, Series
from dlx.data.readers.decode import OF_KIND, with_missing
from dlx.data.readers.form import Wanted
from dlx.data.readers.parquet import plain
from dlx.data.readers.read import read_sheet
from dlx.data.readers.series import read_series
from dlx.data.readers.series_columns import SeriesChoices
from dlx.data.readers.sheet import Sheet
from dlx.data.reading import listed
from dlx.errors import ConfigError, nearest
from dlx.stored.form import Fields, one_of, text
from dlx.stored.form import listed as listed_form

COLUMN = Fields(
    needed={"name": text, "kind": one_of("number", "word", "date"), "labels": listed_form(text)},
    others={
        "form": text,
        "words": listed_form(text),
        "first": text,
        "parts": listed_form(one_of("days", "year", "month", "weekday", "hour")),
    },
    defaults={"form": "", "words": [], "first": "1970-01-01", "parts": []},
)
TABLE = Fields(
    needed={"columns": listed_form(COLUMN)},
    others={"ids": listed_form(text), "known": listed_form(text), "decimal": one_of(".", ",")},
    defaults={"ids": [], "known": [], "decimal": "."},
)
SERIES = Fields(
    needed={"columns": listed_form(text), "names": listed_form(text)},
    others={"decimal": one_of(".", ",")},
    defaults={"decimal": "."},
)


def open_again(source: Path | pd.DataFrame, wanted: Wanted, encoding: Mapping[str, Any]) -> Sheet:
    """Return new rows as a table.

    Args:
        source: a file of text or a parquet file, or a frame with its columns.
        wanted: the form of the file; a decimal mark that is to be found is that of the training.
        encoding: see `read_again`.

    Raises:
        ConfigError: the file cannot be read, or the frame has no rows.
    """
    if not isinstance(source, Path):
        return sheet_of(source, wanted)
    decimal: Any = one_of(".", ",")(encoding.get("decimal", "."), "encoding.decimal")
    return read_sheet(source, replace(wanted, decimal=decimal if wanted.decimal == "auto" else wanted.decimal))


def sheet_of(source: pd.DataFrame, wanted: Wanted) -> Sheet:
    """Return the rows of a frame as a table.

    Raises:
        ConfigError: the frame has no rows, two columns of one name, or holds objects.
    """
    frame, path = source.reset_index(drop=True), Path("the frame")
    if frame.empty:
        raise ConfigError("the frame has no rows; expected at least one")
    frame.columns = [str(name) for name in frame.columns]
    if frame.columns.has_duplicates:
        raise ConfigError(f"the frame has two columns of the name {frame.columns[frame.columns.duplicated()][0]!r}")
    for name in frame.columns:
        frame[name] = plain(frame[name], name, path, wanted)
    return Sheet(path, frame, "frame", time_format=wanted.time_format)


def with_words(wanted: Wanted, encoding: Mapping[str, Any]) -> Wanted:
    """Return the form of a file whose columns of words and ids are read as text, so that 01 stays 01."""
    known = TABLE(encoding, "encoding")
    words = {code["name"] for code in known["columns"] if code["kind"] == "word"}
    return replace(wanted, text=frozenset(words | set(known["ids"])))


def read_again(sheet: Sheet, encoding: Mapping[str, Any], missing: Literal["fill", "drop", "refuse"]) -> NewExamples:
    """Return the rows of a table as inputs, without those that cannot be predicted, each of which is named.

    Args:
        sheet: the table; it needs no column of targets, and further columns are ignored.
        encoding: how the columns of the training became inputs.
        missing: what was done there where inputs were missing.

    Raises:
        ConfigError: a column is missing, or no row can be predicted.
    """
    known = TABLE(encoding, "encoding")
    refuse_missing(sheet, [code["name"] for code in known["columns"]])
    columns: list[np.ndarray] = []
    wrong: dict[int, str] = {}
    notes: list[str] = []
    for code in known["columns"]:
        one = OF_KIND[code["kind"]](sheet, code)
        with_missing(one, sheet, code, missing)
        columns += one.values
        notes += [f"{code['name']}: {note}" for note in one.notes]
        for row, why in one.wrong.items():
            wrong.setdefault(row, f"column {code['name']!r} {why}")
    further = [name for name in sheet.names if name not in {*known["known"], *(c["name"] for c in known["columns"])}]
    if further:
        notes.append(f"columns that the run does not know are ignored: {listed(further)}")
    kept = np.setdiff1d(np.arange(len(sheet.frame)), list(wrong))
    refused = tuple(f"{sheet.where(row)}: {wrong[row]}" for row in sorted(wrong))
    if not len(kept):
        raise ConfigError(f"{refused[0]}; no row can be predicted")
    return NewExamples(np.stack(columns, 1)[kept], ids_of(sheet, known["ids"], kept), refused, tuple(notes))


def refuse_missing(sheet: Sheet, names: list[str]) -> None:
    """Refuse a table without one of the columns.

    Raises:
        ConfigError: names all that are missing.
    """
    gone = [name for name in names if name not in sheet.names]
    if gone:
        many = f"columns {listed([repr(name) for name in gone])}" if len(gone) > 1 else f"column {gone[0]!r}"
        hint = nearest(gone[0], sheet.names) if len(gone) == 1 else ""
        raise ConfigError(f"{sheet.path}: has no {many}, expected the inputs of the training: {listed(names)}{hint}")


def ids_of(sheet: Sheet, names: list[str], rows: np.ndarray) -> dict[str, list[Any]]:
    """Return what tells rows apart: the columns of ids, else the names of the rows, else their numbers from 0."""
    there = [name for name in names if name in sheet.names]
    if there:
        return {name: sheet.frame[name].iloc[rows].tolist() for name in there}
    if sheet.row_names is not None:
        return {"row": sheet.row_names.iloc[rows].tolist()}
    return {"row": rows.tolist()}


def read_series_again(sheet: Sheet, choices: SeriesChoices, encoding: Mapping[str, Any]) -> Series:
    """Return the values of another table in order of time: the series of the training, in their order.

    Args:
        sheet: the table.
        choices: the choices of the user in the training.
        encoding: the columns and the names of the series there.

    Raises:
        ConfigError: a series is missing, or the table cannot be read as that of the training.
    """
    known = SERIES(encoding, "encoding")
    found = read_series(sheet, replace(choices, columns=known["columns"], exclude=()))
    gone = [name for name in known["names"] if name not in found.names]
    if gone:
        raise ConfigError(
            f"{sheet.path}: has no series {gone[0]!r}, expected those of the training: {listed(known['names'])}"
        )
    places = [found.names.index(name) for name in known["names"]]
    filled = None if found.filled is None else found.filled[:, places]
    return replace(found, values=found.values[:, places], names=tuple(known["names"]), filled=filled)
