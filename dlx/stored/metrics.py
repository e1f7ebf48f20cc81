"""Reading of metrics.csv, the metrics of each epoch of a run."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from dlx.stored.read import BrokenFileError, content_of

COUNTS = ("epoch", "step")


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """Return the rows of the metrics.csv of a run, without empty cells; an empty list if it has none.

    A last row that was cut off, by a full disk or a kill, is left out.

    Raises:
        BrokenFileError: The file is broken.
    """
    path = folder / "metrics.csv"
    content = content_of(path)
    if content is None:
        return []
    try:
        text = content[: content.rfind(b"\n") + 1].decode()
        rows = [row_of(row) for row in csv.DictReader(StringIO(text, newline=""), strict=True)]
    except UnicodeDecodeError:
        raise BrokenFileError(path, "its text is not UTF-8") from None
    except (ValueError, csv.Error) as error:
        raise BrokenFileError(path, ascii(str(error))[1:-1][:200]) from None
    return rows


def row_of(cells: dict[str | None, str | list[str] | None]) -> dict[str, float]:
    """Return a row as numbers.

    Raises:
        ValueError: A cell is no number, or there are more cells than columns.
    """
    row: dict[str, float] = {}
    for name, cell in cells.items():
        if not isinstance(name, str) or isinstance(cell, list):
            raise ValueError("a row has more cells than the table has columns")
        if cell:
            row[name] = number(cell)
    for name in COUNTS:
        if name in row and (not isinstance(row[name], int) or row[name] < 0):
            raise ValueError(f"{name}: expected a whole number >= 0, got {row[name]}")
    return row


def number(text: str) -> float:
    """Return the int or the float that a text represents.

    Raises:
        ValueError: It represents none.
    """
    value = float(text)
    return int(text) if text.lstrip("-").isdecimal() and abs(value) < 1e18 else value
