"""The columns and rows of a table that are a user's series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlx.data.readers.cells import Column, read_column
from dlx.data.readers.form import NUMBER
from dlx.data.readers.sheet import Sheet
from dlx.data.reading import ColumnRead
from dlx.errors import ConfigError, nearest, pasted


@dataclass(frozen=True)
class SeriesChoices:
    """The choices of a user for a series.

    Attributes:
        time: name of the column of times; None: the rows are in order.
        columns: names of the series; None: all columns of numbers.
        exclude: names of columns that are no series.
        where: values of columns that choose the rows, each as `column=value`.
        group: name of a column whose values tell several series apart.
        missing: what is done where values are missing.
        gaps: what is done where the time leaps.
    """

    time: str | None = None
    columns: Sequence[str] | None = None
    exclude: Sequence[str] = ()
    where: Sequence[str] = ()
    group: str | None = None
    missing: Literal["fill", "drop", "refuse"] = "fill"
    gaps: Literal["leave_out", "ignore", "refuse"] = "leave_out"


def series_names(sheet: Sheet, choices: SeriesChoices) -> list[str]:
    """Return the names of the columns that may be series.

    Raises:
        ConfigError: a name is not that of a column, stands twice, or is that of another column's role.
    """
    named = {"time": choices.time, "group": choices.group}
    keys: list[tuple[str, Sequence[str]]] = [(key, [name]) for key, name in named.items() if name is not None]
    keys += [("columns", choices.columns or ()), ("exclude", choices.exclude)]
    for key, given in keys:
        for name in given:
            if name not in sheet.names:
                raise ConfigError(f"dataset.{key}: {sheet.path} has no column {name!r}{nearest(name, sheet.names)}")
    others = {choices.time, choices.group, *conditions(sheet, choices.where), *choices.exclude}
    names = [name for name in sheet.names if name not in others] if choices.columns is None else list(choices.columns)
    if len(set(names)) < len(names) or choices.time in names or choices.group in names:
        other = next((name for name in (choices.time, choices.group) if name in names), None)
        what = "the time" if other == choices.time else "the group"
        why = f"{other!r} is {what}" if other is not None else "a column stands twice"
        raise ConfigError(f"dataset.columns: {why}, got {names}; expected each series once")
    if not names:
        raise ConfigError(f"dataset.columns: {sheet.path} has no column beside the time; expected at least one")
    return names


def conditions(sheet: Sheet, where: Sequence[str]) -> dict[str, str]:
    """Return the value of each column in conditions such as `symbol=AA`.

    Raises:
        ConfigError: there is no such column, or a condition has no value.
    """
    found = {}
    for text in where:
        cuts = [place for place, letter in enumerate(text) if letter == "="]
        if not cuts:
            raise ConfigError(f"dataset.where: expected column=value, e.g. 'dataset.where=\"symbol=AA\"', got {text!r}")
        cut = next((place for place in cuts if text[:place].strip() in sheet.names), cuts[0])
        name, value = text[:cut].strip(), text[cut + 1 :].strip()
        if name not in sheet.names:
            raise ConfigError(f"dataset.where: {sheet.path} has no column {name!r}{nearest(name, sheet.names)}")
        found[name] = value
    return found


def chosen_rows(sheet: Sheet, where: Mapping[str, str]) -> np.ndarray:
    """Return the numbers of the rows in which columns have these values.

    Raises:
        ConfigError: no row has.
    """
    kept = np.ones(len(sheet.frame), dtype=bool)
    for name, value in where.items():
        column = read_column(sheet, name, words_allowed=True)
        if column.kind == "number":
            number = float(value) if NUMBER.fullmatch(value) else np.nan
            hits = column.numbers == number
        else:
            hits = (column.cells.astype(object) == value).to_numpy(dtype=bool, na_value=False)
        if not hits.any():
            words = column.words() if column.kind != "number" else []
            raise ConfigError(
                f"dataset.where: column {name!r} of {sheet.path} never holds {value!r}{nearest(value, words)}"
            )
        kept &= hits
    if not kept.any():
        raise ConfigError(f"dataset.where: no row of {sheet.path} holds {dict(where)}; expected values that occur")
    return np.flatnonzero(kept)


def number_columns(sheet: Sheet, names: list[str], choices: SeriesChoices) -> tuple[list[Column], list[ColumnRead]]:
    """Return the columns of numbers, and a description of every column but the time and the group.

    Raises:
        ConfigError: a column holds dates, or a few words among numbers, or a column that was named holds words.
    """
    found: list[Column] = []
    picked = conditions(sheet, choices.where)
    described = [ColumnRead(name, "left out", "row names", encoding=why) for name, why in sheet.unnamed.items()]
    for name in sheet.names:
        if name in (choices.time, choices.group):
            continue
        if name not in names:
            why = "not in dataset.columns"
            why = "dataset.exclude" if name in choices.exclude else "dataset.where" if name in picked else why
            described.append(ColumnRead(name, "left out", "empty", encoding=why))
            continue
        column = read_column(sheet, name)
        missing, distinct = int(column.missing.sum()), column.distinct
        if column.kind == "number":
            found.append(column)
            described.append(ColumnRead(name, "series", "number", missing, distinct, column.form))
            continue
        if choices.columns is not None or column.kind == "date" or holds_numbers(column):
            refuse_words(sheet, column, choices.time)
        why = "empty" if column.kind == "empty" else f"{distinct} different words"
        described.append(ColumnRead(name, "left out", column.kind, missing, distinct, why))
    if not found:
        raise ConfigError(
            f"dataset.columns: {sheet.path} has no column of numbers beside the time; expected at least one"
        )
    if choices.columns is not None:
        found.sort(key=lambda column: names.index(column.name))
    return found, described


def holds_numbers(column: Column) -> bool:
    """Return whether some of the cells of a column of words are numbers."""
    return any(NUMBER.fullmatch(word) for word in column.words())


def refuse_words(sheet: Sheet, column: Column, time: str | None) -> None:
    """Refuse a column of dates or words among the series.

    Raises:
        ConfigError: names the first cell and its line, and what can be done.
    """
    held = column.cells[~column.missing]
    if column.kind == "empty":
        raise ConfigError(f"dataset.columns: column {column.name!r} of {sheet.path} is empty; expected numbers")
    cells = [(row, cell) for row, cell in zip(held.index, held, strict=True) if not NUMBER.fullmatch(str(cell))]
    row, cell = cells[0] if cells else (held.index[0], held.iloc[0])
    take = f"{pasted('dataset.time', column.name)} takes it as the time, " if time is None else ""
    sheet.refuse(
        int(row),
        f"column {column.name!r} holds '{cell}', expected a number; {take}"
        f"{pasted('dataset.exclude', [column.name])} leaves it out",
    )
