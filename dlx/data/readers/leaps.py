"""Leaps in the times of a series: steps longer than its usual one, over which no window goes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from dlx.data.readers.sheet import Sheet
from dlx.errors import ConfigError

DAY = np.timedelta64(1, "D")
HOLIDAYS = 7  # days without trade in a row that are no leap
OFTEN = 0.1  # share of long steps from which on times are not equally spaced


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
