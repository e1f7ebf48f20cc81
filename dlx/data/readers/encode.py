"""Columns as numbers: words, dates and missing values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from dlx.data.readers.cells import Column

Rule = Literal["median", "share"]
FEW = 20  # words that get a column each
ID_COLUMN = "another whole number in each row: an id"
ID = re.compile(r"(^|[\W_])(id|ids|idx|index|row|rownames|번호)$|[a-z](Id|ID)$", re.IGNORECASE)


@dataclass
class Encoded:
    """A column as one or more columns of numbers.

    Attributes:
        name: the name of the column.
        labels: the names of the numbers.
        said: how it was encoded, in words; "" for plain numbers.
        missing: which cells are missing (rows,).
        rules: what the training split decides, by label: see `dlx.data.fitted`.
        notes: what else was found.
        code: how new cells are encoded in the same way (`dlx.data.readers.again`), in values that JSON can hold.
    """

    name: str
    labels: list[str]
    said: str
    missing: np.ndarray
    made: list[np.ndarray]
    rules: dict[str, Rule] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    code: dict[str, Any] = field(default_factory=dict)

    def values(self) -> Iterator[np.ndarray]:
        """Yield the numbers (rows,) of each label; they are given away, so that they need not be kept."""
        while self.made:
            yield self.made.pop(0)


def why_left_out(column: Column, rows: int, named: bool) -> str:
    """Return why a column is no input, or "".

    Args:
        column: the column.
        rows: number of rows of the table.
        named: whether the user names it among the inputs.
    """
    if column.kind == "empty":
        return "empty"
    if column.kind == "word":
        distinct = column.distinct
        if distinct > FEW and 2 * distinct > len(column.missing) - int(column.missing.sum()):
            return f"{distinct} different words in {rows} rows: names or text"
        if distinct == rows > 3 and not named:
            return "another word in each row: names"
    if column.kind == "number" and not named and ID.search(column.name) and not column.missing.any():
        numbers = column.numbers
        if rows > 1 and bool((numbers == np.round(numbers)).all()) and len(np.unique(numbers)) == rows:
            return ID_COLUMN
    return ""


def encode(column: Column, fill: bool) -> Encoded:
    """Return a column as numbers.

    Args:
        column: the column.
        fill: missing values are filled, and a further column of 0 and 1 tells where.
    """
    how = {"number": of_numbers, "word": of_words, "date": of_dates}[column.kind]
    found = how(column)
    holes = column.missing.any() and fill
    if holes and not any(label == f"{column.name}=missing" for label in found.labels):
        found.labels.append(f"{column.name} missing")
        found.made.append(column.missing.astype(float))
        found.said = ", ".join(filter(None, [found.said, "a column for missing"]))
    found.code |= {"name": column.name, "kind": column.kind, "labels": list(found.labels), "form": column.form}
    return found


def of_numbers(column: Column) -> Encoded:
    """Return numbers as they are."""
    rules: dict[str, Rule] = {column.name: "median"} if column.missing.any() else {}
    return Encoded(column.name, [column.name], column.form, column.missing, [column.numbers], rules)


def of_words(column: Column) -> Encoded:
    """Return a column of 0 and 1 for each of a few words, or the share of the training rows that have the word."""
    words, name = column.words(), column.name
    notes = [f"{name}: {same}" for same in spelled_twice(words)]
    if len(words) <= FEW:
        cells = column.cells
        made = [(cells == word).to_numpy(dtype=float, na_value=0.0) for word in words]
        labels = [f"{name}={word}" for word in words]
        if column.missing.any():
            made.append(column.missing.astype(float))
            labels.append(f"{name}=missing")
        said = f"{len(labels)} columns of 0 and 1"
        return Encoded(name, labels, said, column.missing, made, {}, notes, {"words": words})
    codes = pd.Categorical(column.cells, categories=words).codes.astype(float)
    label, said = f"{name} (share)", f"{len(words)} words: share of the training rows that have the word"
    return Encoded(name, [label], said, column.missing, [codes], {label: "share"}, notes, {"words": words})


def of_dates(column: Column) -> Encoded:
    """Return dates as the days since the first one, and the year, month, day of the week and hour where they vary."""
    assert column.dates is not None, "dates have moments"
    moments = pd.Series(column.dates.moments)
    first = moments.min()
    parts = parts_of_dates(moments, first)
    kept = {part: values for part, values in parts.items() if values.nunique() > 1 or part == "days"}
    labels = [f"{column.name} {part}" for part in kept]
    rules: dict[str, Rule] = dict.fromkeys(labels, "median") if column.missing.any() else {}
    said = f"date as {', '.join(kept)}"
    made = [values.to_numpy(dtype=float, na_value=np.nan) for values in kept.values()]
    notes = [f"{column.name}: {note}" for note in ambiguous(column)]
    code = {"first": first.isoformat(), "parts": list(kept)}
    return Encoded(column.name, labels, said, column.missing, made, rules, notes, code)


def parts_of_dates(moments: pd.Series, first: pd.Timestamp) -> dict[str, pd.Series]:
    """Return the numbers that dates become, by name: the days since the first one, and the parts of the date."""
    return {
        "days": (moments - first) / pd.Timedelta(days=1),
        "year": moments.dt.year,
        "month": moments.dt.month,
        "weekday": moments.dt.day_of_week,
        "hour": moments.dt.hour + moments.dt.minute / 60,
    }


def ambiguous(column: Column) -> list[str]:
    """Return a note where the day and the month of dates could be the other way round."""
    dates = column.dates
    if dates is None or dates.other is None:
        return []
    return [f"read as {dates.form}, which could be {dates.other_form} too; dataset.time_format='{dates.other_form}'"]


def spelled_twice(words: list[str]) -> list[str]:
    """Return a note for each pair of words that differ only in their spelling, such as yes and Yes."""
    seen: dict[str, str] = {}
    found = []
    for word in words:
        former = seen.setdefault(" ".join(word.casefold().split()), word)
        if former != word:
            found.append(f"{former!r} and {word!r} are two different words")
    return found
