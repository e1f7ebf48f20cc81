"""The times of a series: their order, their usual step, and leaps."""

from __future__ import annotations

from typing import Literal, NoReturn

import numpy as np
import pandas as pd

from dlx.data.readers.cells import Column, read_column
from dlx.data.readers.dates import forms, iso_moments, parse_dates
from dlx.data.readers.form import NUMBER
from dlx.data.readers.sheet import Sheet
from dlx.errors import ConfigError, pasted

DAY = np.timedelta64(1, "D")
HOLIDAYS = 7  # days without trade in a row that are no leap
OFTEN = 0.1  # share of long steps from which on times are not equally spaced


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


def at_leaps(
    sheet: Sheet,
    values: np.ndarray,
    filled: np.ndarray,
    times: np.ndarray | None,
    rows: np.ndarray,
    gaps: Literal["leave_out", "ignore", "refuse"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, list[str]]:
    """Return the values with a row of NaN at each leap in time, so that no window goes over it, times, and notes.

    Raises:
        ConfigError: there is a leap, and `gaps` is `refuse`.
    """
    if times is None or len(times) < 3:
        return values, filled, times, []
    long, usual = leaps(times)
    if usual == "":
        return values, filled, times, ["the times are not equally spaced; the rows are treated as if they were"]
    places = np.flatnonzero(long)
    if not len(places):
        return values, filled, times, []
    at = [str(times[place])[:16].replace("T00:00", "") for place in places[:3]]
    said = f"{len(places)} gap{'s' * (len(places) > 1)} in time, longer than the usual step of {usual}, after "
    said += ", ".join(at) + ", ..." * (len(places) > 3)
    if gaps == "refuse":
        where = sheet.where(rows[places[0] + 1]) if rows[places[0]] >= 0 else str(sheet.path)
        raise ConfigError(
            f"{where}: {said}; dataset.gaps=leave_out leaves out windows over a gap, dataset.gaps=ignore takes the "
            "rows as equally spaced"
        )
    if gaps == "ignore":
        return values, filled, times, [f"{said}; ignored"]
    values = np.insert(values, places + 1, np.nan, axis=0)
    filled = np.insert(filled, places + 1, False, axis=0)
    times = np.insert(times, places + 1, times[places + 1])
    return values, filled, times, [f"{said}; windows over a gap are left out (dataset.gaps)"]


def leaps(times: np.ndarray) -> tuple[np.ndarray, str]:
    """Return which steps are longer than the usual one, and this in words; "" if times are not equally spaced.

    Months and years have different numbers of days, and days without trade are no leap in a series of working days.
    """
    steps = np.diff(times)
    if times.dtype.kind == "M":
        months = times.astype("datetime64[M]").astype(int)
        if (steps >= 27 * DAY).all() and len(
            np.unique(times.astype("datetime64[D]") - times.astype("datetime64[M]"))
        ) <= 4:
            steps, unit = np.diff(months), "months"
            usual = int(np.median(steps))
            return steps > usual, f"{usual} {unit}" if usual > 1 else "a month"
        weekday = (times.astype("datetime64[D]").astype(int) + 3) % 7
        if (
            np.median(steps.astype(float)) == DAY.astype(steps.dtype).astype(float)
            and (weekday < 5).all()
            and len(times) > 7
        ):
            return steps > HOLIDAYS * DAY, "a working day"
    lengths = steps.astype(float)
    usual_length = float(np.median(lengths))
    long = lengths > 1.5 * usual_length
    if long.mean() > OFTEN or (lengths < 0.5 * usual_length).mean() > OFTEN:
        return np.zeros(len(steps), dtype=bool), ""
    return long, f"{usual_length:g}" if times.dtype.kind != "M" else in_words(
        pd.Timedelta(usual_length, steps.dtype.str[4:-1])
    )


def in_words(step: pd.Timedelta) -> str:
    """Return a step in time as text: `a day`, `15 minutes`."""
    for unit, length in (
        ("day", pd.Timedelta(days=1)),
        ("hour", pd.Timedelta(hours=1)),
        ("minute", pd.Timedelta(minutes=1)),
    ):
        if step >= length and step % length == pd.Timedelta(0):
            count = step // length
            return f"{count} {unit}s" if count > 1 else f"{'an' if unit == 'hour' else 'a'} {unit}"
    return f"{step.total_seconds():g} seconds"
