"""CSV reader with error messages that name file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from dlx.errors import ConfigError, nearest
from dlx.files import is_there
from dlx.spec import LARGEST

CLASSES_AT_MOST = 20
OTHERS = ";\t|"  # what separates columns where it is no comma


class Column(list[str]):
    """Stripped cells of a column; `lines` are their line numbers in the file, from 1."""

    def __init__(self, cells: Iterable[str], lines: Sequence[int]) -> None:
        super().__init__(cells)
        self.lines = lines


def read_columns(path: Path, delimiter: str) -> dict[str, Column]:
    """Return the columns of a CSV file with a header; blank lines are skipped.

    Raises:
        ConfigError: the file is missing, empty, not text, without rows, ragged, or has two columns of one name.
    """
    if not is_there(path):
        raise ConfigError(f"dataset.path: there is no file {str(path)!r}{nearest(str(path), beside(path))}")
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if len(delimiter) != 1:
        raise ConfigError(f"dataset.delimiter: expected one character, got {delimiter!r}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"dataset.path: {path} cannot be read as CSV: {error}") from None
    if not rows:
        raise ConfigError(f"dataset.path: {path} is empty; expected a header line and rows")
    first, header = rows[0]
    other = next((mark for mark in OTHERS if mark in header[0]), None)
    if len(header) == 1 and other is not None:
        typed = "\\t" if other == "\t" else other
        raise ConfigError(
            f"dataset.delimiter: {path} has a single column {header[0]!r} between marks of {delimiter!r}; "
            f"did you mean 'dataset.delimiter=\"{typed}\"'?"
        )
    if len(set(header)) != len(header) or not all(header):
        twice = next((name for name in header if header.count(name) > 1), "")
        raise ConfigError(f"{path}, line {first}: column name {twice!r} stands twice or is empty; names must differ")
    for name in header:
        if not name.isprintable():
            raise ConfigError(f"{path}, line {first}: column name {name!r} holds a sign that cannot be printed")
    if len(rows) == 1:
        raise ConfigError(f"dataset.path: {path} has a header but no rows")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise ConfigError(f"{path}, line {line}: {len(row)} cells, expected {len(header)} as in the header")
        if not all(row):
            empty = header[row.index("")]
            raise ConfigError(f"{path}, line {line}: column {empty!r} is empty; fill it in or remove the row")
    lines = [line for line, _ in rows[1:]]
    return {name: Column((row[place] for _, row in rows[1:]), lines) for place, name in enumerate(header)}


def beside(path: Path) -> list[str]:
    """Return the CSV files in the folder of a path; none if the folder does not exist."""
    try:
        return [str(other) for other in sorted(path.parent.glob("*.csv")) if other.is_file()]
    except OSError:
        return []


def as_numbers(cells: list[str]) -> np.ndarray | None:
    """Return the cells as finite numbers, or None if a cell is not a number or is too large."""
    try:
        numbers = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return numbers if bool((np.abs(numbers) <= LARGEST).all()) else None


def first_word(cells: Column) -> tuple[int, str]:
    """Return line number and text of the first cell that is not a finite number."""
    return next((line, cell) for line, cell in zip(cells.lines, cells, strict=True) if as_numbers([cell]) is None)


def refuse_slip(cells: Column, name: str, path: Path, hint: str = "") -> None:
    """Refuse a column of numbers in which a few cells are not numbers.

    Raises:
        ConfigError: names the first such cell and its line.
    """
    if sum(as_numbers([cell]) is not None for cell in cells) > len(cells) / 2:
        line, cell = first_word(cells)
        raise ConfigError(
            f"{path}, line {line}: column {name!r} holds {cell!r}, expected a number as in other rows{hint}"
        )


def encode(cells: Column, name: str, path: Path) -> list[tuple[str, np.ndarray]]:
    """Return a column of numbers unchanged, or a column of words one-hot encoded.

    Raises:
        ConfigError: a column has numbers and a few words (a typing error), or too many words for a category.
    """
    numbers = as_numbers(cells)
    if numbers is not None:
        return [(name, numbers)]
    refuse_slip(cells, name, path)
    words = sorted(set(cells))
    if len(words) > CLASSES_AT_MOST:
        raise ConfigError(
            f"{path}, line {first_word(cells)[0]}: column {name!r} holds {len(words)} different words, expected "
            f"numbers or at most {CLASSES_AT_MOST} words; choose columns with dataset.features=[...]"
        )
    return [(f"{name}={word}", np.array([float(cell == word) for cell in cells])) for word in words]
