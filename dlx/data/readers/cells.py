"""The kind of a column: numbers, words or dates, whatever the form in which they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from dlx.data.readers.dates import Dates, parse_dates
from dlx.data.readers.sheet import MARKERS, Sheet
from dlx.errors import pasted
from dlx.spec import LARGEST

CURRENCY = "$€£¥₩"
SPACES = " \u00a0\u202f'"  # between thousands
POINT = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
COMMA = r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?"
THOUSANDS = {
    ".": rf"[+-]?\d{{1,3}}(?:(?:,\d{{3}})+|(?:[{SPACES}]\d{{3}})+)(?:\.\d+)?",
    ",": rf"[+-]?\d{{1,3}}(?:(?:\.\d{{3}})+|(?:[{SPACES}]\d{{3}})+)(?:,\d+)?",
}


@dataclass
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        kind: what its cells are; `empty` if all are missing.
        cells: numbers (rows,) in double precision, or words (rows,), NaN where missing.
        missing: which cells are missing (rows,).
        form: how the cells are written, in words; "" for plain ones.
        dates: the moments of dates.
    """

    name: str
    kind: Literal["number", "word", "date", "empty"]
    cells: pd.Series
    missing: np.ndarray
    form: str = ""
    dates: Dates | None = None

    @property
    def numbers(self) -> np.ndarray:
        """The cells as numbers (rows,), NaN where missing; not to be changed, since they may be those of the file."""
        if self.cells.dtype == np.float64:
            return self.cells.to_numpy()
        return self.cells.to_numpy(dtype=np.float64, na_value=np.nan)

    @property
    def distinct(self) -> int:
        """The number of different words or dates; 0 for numbers, which are not counted."""
        return 0 if self.kind == "number" else int(self.cells.nunique())

    def words(self) -> list[str]:
        """Return the different words, in order."""
        return sorted(map(str, self.cells.dropna().unique()))


def read_column(sheet: Sheet, name: str, words_allowed: bool = False, as_dates: bool = False) -> Column:
    """Return a column with its kind.

    Args:
        sheet: the table.
        name: name of the column.
        words_allowed: take a column of numbers with a few words as words; otherwise it is refused.
        as_dates: take numbers such as 20240131, or all that `dataset.time_format` fits, as dates.

    Raises:
        ConfigError: a number is too large, or a column has numbers and a few words (a typing error).
    """
    cells = sheet.frame[name]
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        plain = cells.dt.tz_convert("UTC").dt.tz_localize(None) if cells.dt.tz is not None else cells
        moments = plain.to_numpy().astype("datetime64[ns]")
        return Column(name, "date", cells, cells.isna().to_numpy(), "", Dates(moments, "times of the file"))
    if as_dates and (dates := numbers_as_dates(sheet, cells)) is not None:
        return Column(name, "date", cells, cells.isna().to_numpy(), dates.form, dates)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        gone = cells.isna().to_numpy()
        return checked(sheet, Column(name, "empty" if gone.all() else "number", cells, gone))
    text = cells.str.strip()
    text = text.where(~text.isin(MARKERS))
    missing = text.isna().to_numpy()
    held = text[~missing]
    if held.empty:
        return Column(name, "empty", text, missing)
    if (found := as_numbers(held, sheet)) is not None:
        numbers, form = found
        return checked(sheet, Column(name, "number", numbers.reindex(text.index), missing, form))
    dates = parse_dates(text, sheet.time_format) or (parse_dates(text, None) if sheet.time_format else None)
    if dates is not None:
        return Column(name, "date", text, missing, dates.form, dates)
    if not words_allowed:
        refuse_slip(sheet, name, held)
    return Column(name, "word", text, missing)


def numbers_as_dates(sheet: Sheet, cells: pd.Series) -> Dates | None:
    """Return whole numbers as dates if they are 20240131 and the like, or fit the format that the user names."""
    if not pd.api.types.is_numeric_dtype(cells.dtype) or cells.isna().any():
        return None
    if sheet.time_format is None and not cells.between(18000101, 22001231).all():
        return None
    numbers = cells.to_numpy()
    if not (numbers == np.round(numbers)).all():
        return None
    return parse_dates(pd.Series(numbers.astype(np.int64)).astype(str), sheet.time_format or "%Y%m%d")


def checked(sheet: Sheet, column: Column) -> Column:
    """Return a column of numbers.

    Raises:
        ConfigError: one of them is infinite or too large for single precision.
    """
    numbers = column.numbers
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero(np.abs(numbers) > LARGEST)
    if len(wrong):
        sheet.refuse(
            wrong[0], f"column {column.name!r} holds '{numbers[wrong[0]]:g}', expected a number up to {LARGEST:.2g}"
        )
    return column


def as_numbers(text: pd.Series, sheet: Sheet) -> tuple[pd.Series, str] | None:
    """Return texts as numbers, and the form in which they are written; None if one of them is no number."""
    said = []
    bare = text
    if text.str.contains("%", regex=False).all():
        bare, said = text.str.replace("%", "", regex=False).str.strip(), ["percent"]
    if text.str.contains(f"[{re.escape(CURRENCY)}]", regex=True).all():
        bare, said = text.str.replace(f"[{re.escape(CURRENCY)}]", "", regex=True).str.strip(), [*said, "currency"]
    plain, mark = (COMMA, ",") if sheet.decimal == "," else (POINT, ".")
    is_plain = bare.str.fullmatch(plain)
    if not is_plain.all():
        if not (is_plain | bare.str.fullmatch(THOUSANDS[mark])).all():
            return other_mark(bare, said) if mark == "." else None
        bare, said = bare.str.replace(f"[{SPACES}{'.' if mark == ',' else ','}]", "", regex=True), [*said, "thousands"]
    if mark == "," and bare.str.contains(",", regex=False).any():
        bare, said = bare.str.replace(",", ".", regex=False), [*said, "decimal comma"]
    return bare.astype(float), " and ".join(said)


def could_be_numbers(text: pd.Series, sheet: Sheet) -> pd.Series:
    """Return which texts are numbers in one of the forms of `as_numbers`."""
    bare = text.str.replace(f"[%{re.escape(CURRENCY)}]", "", regex=True).str.strip()
    forms = (COMMA, THOUSANDS[","]) if sheet.decimal == "," else (POINT, THOUSANDS["."])
    fits = bare.str.fullmatch(forms[0]) | bare.str.fullmatch(forms[1])
    if sheet.decimal == "," or fits.all():
        return fits
    other = bare.str.fullmatch(COMMA) | bare.str.fullmatch(THOUSANDS[","])
    return other if other.sum() > fits.sum() else fits


def other_mark(text: pd.Series, said: list[str]) -> tuple[pd.Series, str] | None:
    """Return texts with a decimal comma as numbers, in a table whose other columns may have a decimal point."""
    if not (text.str.fullmatch(COMMA) | text.str.fullmatch(THOUSANDS[","])).all():
        return None
    bare = text.str.replace(f"[{SPACES}.]", "", regex=True).str.replace(",", ".", regex=False)
    return bare.astype(float), " and ".join([*said, "decimal comma"])


def refuse_slip(sheet: Sheet, name: str, held: pd.Series) -> None:
    """Refuse a column of numbers in which a few cells are not numbers.

    Raises:
        ConfigError: names the first such cell and its line.
    """
    mark = "," if sheet.decimal == "," else "."
    good = held.str.fullmatch(COMMA if mark == "," else POINT) | held.str.fullmatch(THOUSANDS[mark])
    if good.mean() <= 0.5:
        return
    wrong = held[~good]
    word = wrong.iloc[0]
    sheet.refuse(
        int(wrong.index[0]),
        f"column {name!r} holds {word!r}, expected a number as in other rows; {pasted('dataset.markers', [word])} "
        f"takes it as missing, {pasted('dataset.exclude', [name])} leaves the column out",
    )
