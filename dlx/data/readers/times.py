"""The times of a series and their order."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pandas as pd

from dlx.data.readers.cells import Column, read_column
from dlx.data.readers.dates import forms, iso_moments, parse_dates
from dlx.data.readers.form import NUMBER
from dlx.data.readers.sheet import Sheet
from dlx.errors import pasted


def read_times(
    sheet: Sheet, name: str, rows: np.ndarray, group: str | None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the order of some rows in time, their times in this order, and notes.

    Times are numbers or numpy.datetime64, those with offsets from UTC as instants. The newest row may be the first one.

    Args:
        sheet: the table.
        name: the column of times.
        rows: the rows.
        group: a column that tells series apart, within each of which times ascend; None: there is one series.

    Raises:
        ConfigError: a time is missing, is no time or in another form than the others, or times do not ascend.
    """
    column = read_column(sheet, name, words_allowed=True, as_dates=True)
    if column.missing[rows].any():
        sheet.refuse(rows[column.missing[rows]][0], f"column {name!r} is empty; expected a time in each row")
    if column.kind not in ("number", "date"):
        refuse_odd(sheet, column, rows)
    if sheet.time_format is not None and (column.dates is None or column.form != sheet.time_format):
        sheet.refuse(
            rows[0],
            f"column {name!r} holds {str(column.cells.iloc[rows[0]])!r}, which is no date in the form "
            f"{sheet.time_format!r} of dataset.time_format",
        )
    times = column.numbers[rows] if column.dates is None else column.dates.moments[rows]
    labels = None if group is None else sheet.frame[group].iloc[rows].astype(str).to_numpy()
    if column.dates is not None and column.dates.other is not None:
        times = told_apart(sheet, column, times, column.dates.other[rows], rows, labels)
    if labels is not None:
        order = np.lexsort((times, labels))
        check_order(sheet, column, times[order], rows[order], labels[order], sorted_already=True)
        return order, times[order], []
    order = np.arange(len(rows))
    notes: list[str] = []
    if len(times) > 2 and (np.diff(times) < np.zeros(1, np.diff(times).dtype)).all():
        order, notes = order[::-1], [f"{name}: the newest row is the first one; the rows were turned round"]
    check_order(sheet, column, times[order], rows[order], None)
    return order, times[order], notes


def refuse_odd(sheet: Sheet, column: Column, rows: np.ndarray) -> NoReturn:
    """Refuse the first cell that is no time, or in another form than the first one.

    Raises:
        ConfigError: always; the message names the line.
    """
    cells = column.cells.iloc[rows]
    first = kind_of(str(cells.iloc[0]))
    odd = next((place for place, cell in enumerate(cells) if not fits(str(cell), first)), 0)
    sheet.refuse(
        rows[odd],
        f"column {column.name!r} holds {str(cells.iloc[odd])!r}, expected numbers, or dates such as 2024-01-31, "
        "throughout, all in one form and with or without an offset; dataset.time_format=... names another form",
    )


def kind_of(cell: str) -> list[str]:
    """Return the forms of time that a text has; [] if it is none."""
    if NUMBER.fullmatch(cell):
        return ["number"]
    return ["ISO 8601"] if iso_moments(pd.Series([cell])) is not None else forms(cell)


def fits(cell: str, kinds: list[str]) -> bool:
    """Return whether a text has one of these forms of time."""
    if not kinds or kinds[0] in ("number", "ISO 8601"):
        return bool(kinds) and kind_of(cell) == kinds
    return parse_dates(pd.Series([cell]), kinds[0]) is not None


def told_apart(
    sheet: Sheet, column: Column, times: np.ndarray, other: np.ndarray, rows: np.ndarray, labels: np.ndarray | None
) -> np.ndarray:
    """Return the times if only with them the rows are in order, else the other ones, with day and month turned round.

    Raises:
        ConfigError: the rows are in order with both.
    """
    assert column.dates is not None, "dates are ambiguous"
    good = [in_order(moments, labels) for moments in (times, other)]
    if all(good):
        good = [len(np.unique(np.diff(moments).astype("timedelta64[h]") // 24)) <= 5 for moments in (times, other)]
    if good[0] == good[1]:
        forms = (column.dates.form, column.dates.other_form)
        both = " or ".join(pasted("dataset.time_format", form) for form in forms)
        cell = str(column.cells.iloc[rows[0]])
        sheet.refuse(rows[0], f"column {column.name!r} holds {cell!r}: day and month cannot be told apart; give {both}")
    return times if good[0] else other


def in_order(times: np.ndarray, labels: np.ndarray | None) -> bool:
    """Return whether all times ascend, or all descend, within each label."""
    steps = np.diff(times)
    if labels is not None:
        steps = steps[labels[1:] == labels[:-1]]
    zero = np.zeros(1, steps.dtype)
    return bool((steps > zero).all() or (steps < zero).all())


def check_order(
    sheet: Sheet,
    column: Column,
    times: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray | None,
    sorted_already: bool = False,
) -> None:
    """Refuse times that do not ascend.

    Raises:
        ConfigError: names the line, and what tells series apart if there are several.
    """
    steps = np.diff(times)
    wrong = steps <= np.zeros(1, steps.dtype)
    if labels is not None:
        wrong &= labels[1:] == labels[:-1]
    if not wrong.any():
        return
    place = int(np.flatnonzero(wrong)[0])
    now, before = (str(column.cells.iloc[rows[place + step]]) for step in (1, 0))
    if labels is not None:
        sheet.refuse(
            rows[place + 1], f"time {now!r} stands twice for {labels[place]!r}; expected one row for each time"
        )
    telling = telling_apart(sheet, column.name, times, rows)
    if telling is not None:
        name, word = telling
        one, every = pasted("dataset.where", f"{name}={word}"), pasted("dataset.group", name)
        sheet.refuse(
            rows[place + 1],
            f"time {now!r} is not after {before!r}: column {name!r} tells several series apart; "
            f"{one} chooses one, {every} takes all of them",
        )
    sheet.refuse(rows[place + 1], f"time {now!r} is not after {before!r}; sort the rows, one for each time")


def telling_apart(sheet: Sheet, time: str, times: np.ndarray, rows: np.ndarray) -> tuple[str, str] | None:
    """Return a column, with its first value, for each of whose values every time stands once; None: there is none."""
    if len(np.unique(times)) == len(times):
        return None
    for name in sheet.names:
        cells = sheet.frame[name].iloc[rows]
        if name == time or not 2 <= cells.nunique() <= len(rows) / 2 or cells.isna().any():
            continue
        if not pd.DataFrame({"time": times, "group": cells.astype(str).to_numpy()}).duplicated().any():
            return name, str(cells.iloc[0])
    return None
