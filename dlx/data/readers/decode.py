"""New cells of a column as numbers, encoded as those of the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dlx.data.readers.cells import CURRENCY, as_numbers, could_be_numbers
from dlx.data.readers.dates import iso_moments, moments_of, parse_dates
from dlx.data.readers.encode import parts_of_dates
from dlx.data.readers.sheet import MARKERS, Sheet
from dlx.data.reading import listed
from dlx.errors import ConfigError, nearest
from dlx.spec import LARGEST

ISO = "ISO 8601"


@dataclass
class Again:
    """A column of new cells as numbers.

    Attributes:
        values: the numbers (rows,) of each label.
        wrong: what is wrong with a cell, by its row, counted from 0.
        notes: what else was found.
    """

    values: list[np.ndarray]
    wrong: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def of_numbers(sheet: Sheet, code: Mapping[str, Any]) -> Again:
    """Return cells as numbers."""
    cells = sheet.frame[code["name"]]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        found = Again([numbers])
    else:
        text = stripped(cells)
        held = text.dropna()
        good = held[could_be_numbers(held, sheet)]
        read = as_numbers(good, sheet) if len(good) else None
        numbers = np.full(len(cells), np.nan)
        if read is not None:
            numbers[good.index] = read[0].to_numpy()
        bad = held if read is None else held.drop(good.index)
        found = Again([numbers], {int(row): f"holds {word!r}, expected a number" for row, word in bad.items()})
        form = "" if read is None else read[1]
        for mark in ("percent", "currency"):
            if len(good) and (mark in form) != (mark in code["form"]):
                said = {"percent": "%", "currency": f"one of {CURRENCY}"}[mark]
                has = f"has {said} here and had none" if mark in form else f"has no {said} here and had it"
                found.notes.append(f"{has} in the training; the numbers are taken as they are")
    with np.errstate(invalid="ignore"):
        for row in np.flatnonzero(np.abs(numbers) > LARGEST):
            found.wrong[int(row)] = f"holds '{numbers[row]:g}', expected a number up to {LARGEST:.2g}"
    return found


def of_words(sheet: Sheet, code: Mapping[str, Any]) -> Again:
    """Return cells as a column of 0 and 1 for each word, or as the number of the word, -1 for none."""
    words, name, labels = code["words"], code["name"], code["labels"]
    cells = stripped(sheet.frame[name])
    cells = respelled(cells, words)
    codes = pd.Index(words, dtype=object).get_indexer(cells.astype(object))
    new = cells[(codes < 0) & cells.notna().to_numpy()]
    if labels == [f"{name} (share)"] or labels == [f"{name} (share)", f"{name} missing"]:
        notes = [f"words that did not occur in the training have the share 0: {listed(sorted(set(new)))}"]
        return Again([codes.astype(float)], {}, notes if len(new) else [])
    made = [(codes == place).astype(float) for place in range(len(words))]
    wrong = {
        int(row): f"holds {word!r}, which did not occur in the training; expected one of {listed(words)}"
        + nearest(word, words)
        for row, word in new.items()
    }
    return Again(made, wrong)


def respelled(cells: pd.Series, words: list[str]) -> pd.Series:
    """Return true and false as the training spelled them: a frame has them as truth values, a file as words."""
    spelled = {str(word).casefold(): word for word in words}
    if set(spelled) != {"true", "false"}:
        return cells
    return cells.map(lambda cell: spelled.get(cell, cell), na_action="ignore")


def of_dates(sheet: Sheet, code: Mapping[str, Any]) -> Again:
    """Return dates as the days since the first one of the training, and their parts."""
    cells, form = sheet.frame[code["name"]], code["form"]
    wrong: dict[int, str] = {}
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        bare = cells.dt.tz_convert("UTC").dt.tz_localize(None) if cells.dt.tz is not None else cells
        moments = pd.Series(bare.to_numpy().astype("datetime64[ns]"))
    else:
        text = stripped(cells.astype("object").map(str, na_action="ignore"))
        read = moments_again(form)
        held = text.dropna()
        found = held.map(lambda cell: read(str(cell)))
        moments = pd.Series(np.full(len(cells), np.datetime64("NaT"), "datetime64[ns]"))
        good = found.dropna()
        moments[good.index] = good.to_numpy().astype("datetime64[ns]")
        wrong = {
            int(row): f"holds {held[row]!r}, expected a date in the form {form!r}"
            for row in held.index.difference(good.index)
        }
    try:
        first = pd.Timestamp(code["first"])
    except ValueError:
        raise ConfigError(f"encoding: expected a date, got {code['first']!r}") from None
    parts = parts_of_dates(moments, first)
    made = [parts[part].to_numpy(dtype=float, na_value=np.nan) for part in code["parts"]]
    return Again(made, wrong)


def moments_again(form: str) -> Callable[[str], Any]:
    """Return a function that returns the moment of a text in the form of the training, or in ISO 8601, else None."""
    known: dict[str, Any] = {}

    def read(word: str) -> Any:
        if word not in known:
            one = pd.Series([word])
            found = moments_of(one, form) if form and form != ISO else None
            found = iso_moments(one) if found is None else found
            if found is None and not form:
                dates = parse_dates(one, None)
                found = None if dates is None else pd.Series(dates.moments)
            known[word] = None if found is None else found.iloc[0]
        return known[word]

    return read


OF_KIND: dict[str, Callable[[Sheet, Mapping[str, Any]], Again]] = {
    "number": of_numbers,
    "word": of_words,
    "date": of_dates,
}


def stripped(cells: pd.Series) -> pd.Series:
    """Return cells as text, NaN where a marker stands for a missing value."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        cells = cells.map(lambda cell: f"{cell:.15g}", na_action="ignore").astype(object)
    cells = cells.str.strip()
    return cells.where(~cells.isin(MARKERS))


def with_missing(one: Again, sheet: Sheet, code: Mapping[str, Any], missing: str) -> None:
    """Add the column of 0 and 1 that tells where a cell is missing, or mark the rows in which one is.

    Only a column with missing values in the training has something that stands for them.
    """
    cells = sheet.frame[code["name"]]
    holes = (cells if pd.api.types.is_numeric_dtype(cells.dtype) else stripped_any(cells)).isna().to_numpy()
    if len(code["labels"]) > len(one.values):
        one.values.append(holes.astype(float))
        if missing == "fill":
            return
    why = "and none was missing in the training" if missing == "fill" else f"(dataset.missing={missing})"
    for row in np.flatnonzero(holes):
        one.wrong.setdefault(int(row), f"is empty, expected a value, {why}" if missing == "fill" else f"is empty {why}")


def stripped_any(cells: pd.Series) -> pd.Series:
    """Return cells with NaN where one is missing; times are left as they are."""
    return cells if pd.api.types.is_datetime64_any_dtype(cells.dtype) else stripped(cells)
