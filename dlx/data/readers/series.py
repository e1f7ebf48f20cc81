"""A series of a user's: rows in order of time, one for each, missing values and leaps in time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from dlx.data.raw import Series
from dlx.data.readers.cells import read_column
from dlx.data.readers.leaps import at_leaps
from dlx.data.readers.series_columns import SeriesChoices, chosen_rows, conditions, number_columns, series_names
from dlx.data.readers.sheet import Sheet
from dlx.data.readers.times import read_times
from dlx.data.reading import ColumnRead, Reading, listed
from dlx.errors import ConfigError, pasted

GROUPS = 100  # most series side by side


def read_series(sheet: Sheet, choices: SeriesChoices) -> Series:
    """Return the values of a table in order of time.

    Raises:
        ConfigError: a column does not exist or holds words, times do not ascend, or no row is left.
    """
    names = series_names(sheet, choices)
    rows, notes, left = chosen_rows(sheet, conditions(sheet, choices.where)), [], {}
    if len(rows) < len(sheet.frame):
        left["dataset.where"] = len(sheet.frame) - len(rows)
    columns, described = number_columns(sheet, names, choices)
    names = [column.name for column in columns]
    values = np.stack([column.numbers[rows] for column in columns], 1)
    times = None
    if choices.group is not None and choices.time is None:
        raise ConfigError("dataset.group: needs the times of the rows; expected dataset.time=... too")
    if choices.time is not None:
        order, times, said = read_times(sheet, choices.time, rows, choices.group)
        rows, values, notes = rows[order], values[order], said
        described.append(ColumnRead(choices.time, "time", "date" if times.dtype.kind == "M" else "number"))
    if choices.group is not None:
        assert times is not None, "checked above"
        values, times, names = side_by_side(sheet, choices.group, values, times, names, rows)
        described.append(ColumnRead(choices.group, "group", "word", encoding=f"{len(names)} series"))
        rows = np.full(len(values), -1)
    values, filled, first, said = filled_values(sheet, values, names, rows, choices.missing)
    if first:
        left["before the first value of each series"] = first
    times = None if times is None else times[first:]
    values, filled, times, more = at_leaps(sheet, values, filled, times, rows[first:], choices.gaps)
    reading = Reading(
        path=str(sheet.path),
        form=sheet.form,
        rows=len(sheet.frame),
        used=len(sheet.frame) - sum(left.values()),
        left_out=left,
        columns=tuple(described),
        inputs=tuple(names),
        target=listed(names),
        target_kind="series",
        notes=(*notes, *said, *more),
    )
    return Series(
        values,
        tuple(names),
        filled if filled.any() else None,
        double=True,
        reading=reading,
        encoding={"columns": [column.name for column in columns], "names": names, "decimal": sheet.decimal},
        times=times,
    )


def side_by_side(
    sheet: Sheet, group: str, values: np.ndarray, times: np.ndarray, names: list[str], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return a series for each column and group (times, series), NaN where a group has no row, times, and names.

    Raises:
        ConfigError: a group is missing, or there are too many.
    """
    column = read_column(sheet, group, words_allowed=True)
    if column.missing[rows].any():
        sheet.refuse(rows[column.missing[rows]][0], f"column {group!r} is empty; expected the name of a series")
    cells = column.cells.iloc[rows].to_numpy()
    moments, place = np.unique(times, return_inverse=True)
    groups, which = np.unique(cells.astype(str), return_inverse=True)
    if len(groups) > GROUPS:
        word = groups[0]
        raise ConfigError(
            f"dataset.group: column {group!r} of {sheet.path} tells {len(groups)} series apart, expected at most "
            f"{GROUPS}; {pasted('dataset.where', f'{group}={word}')} chooses one"
        )
    wide = np.full((len(moments), values.shape[1], len(groups)), np.nan)
    wide[place, :, which] = values
    labels = [word if len(names) == 1 else f"{name} {word}" for name in names for word in groups]
    return wide.reshape(len(moments), -1), moments, labels


def filled_values(
    sheet: Sheet, values: np.ndarray, names: list[str], rows: np.ndarray, missing: Literal["fill", "drop", "refuse"]
) -> tuple[np.ndarray, np.ndarray, int, list[str]]:
    """Return values whose missing ones are the last ones before, which they are, how many rows are left out, and notes.

    Nothing looks ahead: rows before the first value of each series are left out at the beginning. With
    `missing=drop` missing values stay NaN, so that windows with them are left out.

    Raises:
        ConfigError: a value is missing and `missing` is `refuse`, or a series has no value.
    """
    holes = np.isnan(values)
    if not holes.any():
        return values, holes, 0, []
    if missing == "refuse":
        row, place = np.argwhere(holes)[0]
        at = sheet.where(rows[row]) if rows[row] >= 0 else str(sheet.path)
        raise ConfigError(
            f"{at}: column {names[place]!r} is empty; expected a number (dataset.missing=refuse); "
            "dataset.missing=fill takes the last value before, dataset.missing=drop leaves out windows with it"
        )
    empty = [name for name, column in zip(names, holes.T, strict=True) if column.all()]
    if empty:
        raise ConfigError(f"dataset.columns: column {empty[0]!r} of {sheet.path} holds no number; expected one")
    first = int((~holes).argmax(0).max())
    values, holes = values[first:], holes[first:]
    counts = [f"{name} ({count})" for name, count in zip(names, holes.sum(0), strict=True) if count]
    if missing == "drop":
        return values, np.zeros_like(holes), first, [f"missing values, whose windows are left out: {listed(counts)}"]
    note = f"missing values filled by the last one before; they are no targets: {listed(counts)}"
    return pd.DataFrame(values).ffill().to_numpy(), holes, first, [note] if counts else []
