"""Dates and times of day in the forms in which tables have them."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

DAYS = (
    "%Y-%m", "%Y/%m/%d", "%Y/%m", "%Y.%m.%d", "%Y.%m.%d.", "%Y. %m. %d.", "%Y. %m. %d", "%Y%m%d", "%Y년 %m월 %d일",
    "%Y년%m월%d일", "%Y년 %m월", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y",
    "%b %Y", "%B %Y", "%b-%Y", "%Y-%b", "%Y-%b-%d", "%a %b %d %H:%M:%S %Y", "%m/%Y",
)  # fmt: skip
HOURS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", "T%H:%M")
TURNED = {"%m/%d": "%d/%m", "%m-%d": "%d-%m"}  # forms in which month and day cannot be told apart
OFFSET = r"[+-]\d\d:?\d\d$|Z$"


@dataclass(frozen=True)
class Dates:
    """Moments and the form in which they were written.

    Attributes:
        moments: the moments (rows,) in UTC where the text has offsets, as numpy.datetime64; NaT where missing.
        form: the form in the letters of strftime, or `ISO 8601`.
        other: the moments if day and month are the other way round, None where that cannot be.
        other_form: the form of these.
    """

    moments: np.ndarray
    form: str
    other: np.ndarray | None = None
    other_form: str = ""


def parse_dates(text: pd.Series, wanted: str | None) -> Dates | None:
    """Return the moments of texts, None if one of them is no date in the same form as the others.

    Args:
        text: texts; a missing one is NaN.
        wanted: the only form that is tried, in the letters of strftime; None: all that are known.
    """
    held = text.dropna().astype(str).str.strip()
    words, place = np.unique(held.to_numpy(dtype=object).astype(str), return_inverse=True)
    if len(words) == 0 or (
        not np.char.isdigit([word[-1:] or "x" for word in words[:5]]).any()
        and not any(mark in words[0] for mark in ("Z", "M", "m", "일", "월", "."))
    ):
        return None
    unique = pd.Series(words)

    def spread(found: pd.Series) -> np.ndarray:
        moments = np.full(len(text), np.datetime64("NaT"), "datetime64[ns]")
        moments[text.notna().to_numpy()] = found.to_numpy().astype("datetime64[ns]")[place]
        return moments

    if wanted is not None:
        found = moments_of(unique, wanted)
        return None if found is None else Dates(spread(found), wanted)
    if (found := iso_moments(unique)) is not None:
        return Dates(spread(found), "ISO 8601")
    for form in forms(words[0]):
        if (found := moments_of(unique, form)) is not None:
            turned = next((form.replace(one, two) for one, two in TURNED.items() if one in form), None)
            other = moments_of(unique, turned) if turned else None
            return Dates(spread(found), form, None if other is None else spread(other), turned or "")
    return None


def forms(word: str) -> list[str]:
    """Return the forms that a text has, most of which are settled by this one."""
    found = []
    one = pd.Series([word])
    for day in DAYS:
        for hour in HOURS:
            if moments_of(one, day + hour) is not None:
                found.append(day + hour)
    if not found:  # month and day the other way round
        return []
    return found + [form.replace(one, two) for form in found for one, two in TURNED.items() if one in form]


def iso_moments(text: pd.Series) -> pd.Series | None:
    """Return the moments of texts in ISO 8601 (2024-01-31, 2024-01-31T12:00:00+02:00), in UTC where they have offsets.

    Texts with and without an offset, or of less than a day's precision, are no such texts together.
    """
    if not text.str.match(r"\d{4}-\d\d-\d\d").all():
        return None
    offsets = text.str.contains(OFFSET, regex=True) & text.str.contains(":")
    if offsets.any() and not offsets.all():
        return None
    found = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    return None if found.isna().any() else found.dt.tz_localize(None)


def moments_of(text: pd.Series, form: str) -> pd.Series | None:
    """Return the moments of texts in one form, in UTC where it has offsets; None if one of them is no such date."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = pd.to_datetime(text, format=form, errors="coerce", utc="%z" in form or None)
        except (ValueError, TypeError, re.error):
            return None
    if found.isna().any():
        return None
    return found.dt.tz_localize(None) if found.dt.tz is not None else found
