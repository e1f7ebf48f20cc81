"""The column to predict: classes or a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from dlx.data.readers.cells import POINT, Column, read_column
from dlx.data.readers.encode import FEW, spelled_twice
from dlx.data.readers.sheet import Sheet
from dlx.data.reading import ColumnRead
from dlx.errors import ConfigError, pasted


@dataclass
class Targets:
    """The column to predict.

    Attributes:
        column: the column.
        is_class: whether its values are classes.
        notes: what was found.
    """

    column: Column
    is_class: bool
    notes: list[str] = field(default_factory=list)

    def of(self, sheet: Sheet, rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return the targets of some rows, classes (rows,) or numbers (rows, 1), and the names of the classes.

        Raises:
            ConfigError: there is one class only.
        """
        if not self.is_class:
            return self.column.numbers[rows, None], ()
        values = self.column.numbers[rows] if self.column.kind == "number" else self.column.cells.iloc[rows]
        codes, found = pd.factorize(values, sort=True)
        names = tuple(map(class_name, found))
        if len(names) < 2:
            raise ConfigError(
                f"dataset.target: column {self.column.name!r} of {sheet.path} has one value only; "
                "a classifier needs at least two classes"
            )
        return codes.astype(np.int64), names

    def described(self, classes: tuple[str, ...]) -> ColumnRead:
        """Return the description of the column."""
        missing = int(self.column.missing.sum())
        said = f"{len(classes)} classes" if classes else self.column.form
        kind = self.column.kind
        return ColumnRead(self.column.name, "target", kind, missing, len(classes), said)


def class_name(value: object) -> str:
    """Return the name of a class: 1 and 1.0 are both called 1."""
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


def read_target(
    sheet: Sheet, name: str, kind: Literal["auto", "class", "number"], missing: Literal["fill", "drop", "refuse"]
) -> Targets:
    """Return the column to predict.

    Raises:
        ConfigError: its values cannot be predicted, or one is missing and `missing` is `refuse`.
    """
    column = read_column(sheet, name, words_allowed=True)
    if column.kind == "empty":
        raise ConfigError(f"dataset.target: column {name!r} of {sheet.path} is empty; expected values to predict")
    if missing == "refuse" and column.missing.any():
        row = int(np.flatnonzero(column.missing)[0])
        sheet.refuse(row, f"column {name!r} is empty; expected a value (dataset.missing=refuse)")
    if column.kind == "date":
        raise ConfigError(f"dataset.target: column {name!r} of {sheet.path} holds dates; expected numbers or classes")
    if column.kind == "word" and kind != "class":
        if kind == "number":
            held = column.cells[~column.missing]
            row = held[~held.str.fullmatch(POINT)].index[0]
            word = held[row]
            sheet.refuse(
                row, f"column {name!r} holds {word!r}, expected a number (dataset.target_kind=class takes words)"
            )
        read_column(sheet, name)  # refuses numbers with a few words
    is_class = kind == "class" or column.kind == "word" or (kind == "auto" and looks_like_classes(column))
    notes = [f"{name}: {same}" for same in spelled_twice(column.words())] if column.kind == "word" else []
    if is_class:
        check_classes(sheet, column)
    elif kind == "auto" and whole(column.numbers[~column.missing]) and column.cells.nunique() <= FEW:
        notes.append(f"{name} was taken as a number; {pasted('dataset.target_kind', 'class')} takes it as classes")
    return Targets(column, is_class, notes)


def check_classes(sheet: Sheet, column: Column) -> None:
    """Refuse classes of which there are nearly as many as examples.

    Raises:
        ConfigError: names the column.
    """
    distinct, held = int(column.cells.nunique()), int((~column.missing).sum())
    if distinct > FEW and 2 * distinct > held:
        raise ConfigError(
            f"dataset.target: column {column.name!r} of {sheet.path} holds {distinct} different values in {held} rows; "
            "expected classes of several rows each, or numbers"
        )


def whole(numbers: np.ndarray) -> bool:
    """Return whether all numbers are whole."""
    return bool((numbers == np.round(numbers)).all())


def looks_like_classes(column: Column) -> bool:
    """Return whether numbers look like classes: a few different whole numbers, each of which stands in several rows.

    They need not stand in several rows if there are two, or if they count from 0 or 1.
    """
    numbers = column.numbers[~column.missing]
    if not whole(numbers):
        return False
    found, counts = np.unique(numbers, return_counts=True)
    if len(found) > FEW or (counts == 1).all():
        return False
    in_row = found[0] in (0, 1) and found[-1] - found[0] == len(found) - 1
    return len(found) <= 2 or bool(in_row) or len(numbers) >= 5 * len(found)
