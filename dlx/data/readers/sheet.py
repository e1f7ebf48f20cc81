"""A table as it stands in a file: columns of numbers or text, and where each row stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pandas as pd

from dlx.errors import ConfigError

# What stands for a missing value, in any column.
MARKERS = (
    "", "NA", "N/A", "n/a", "na", "<NA>", "#N/A", "#NA", "NaN", "nan", "NAN", "NaT", "null", "NULL", "Null", "None",
    "NONE", "?", "-", "--", ".",
)  # fmt: skip

ROW_NAMES = "the names or numbers of the rows"  # why a column without a name is left out


@dataclass
class Sheet:
    """A table as it stands in a file.

    Attributes:
        path: the file.
        frame: the columns by name, of numbers, text or times; a missing cell is NaN.
        form: how the file was read, in words.
        decimal: the decimal mark of numbers that are still text.
        delimiter: the character between columns; "" in a file that is no text.
        time_format: the format of dates, if the user names one.
        line: returns the number of the line of a row, from 1; None in a file without lines.
        unnamed: why columns without a name are left out, by what they are called in messages.
        row_names: the names or numbers of the rows (rows,), if the file has them in such a column.
    """

    path: Path
    frame: pd.DataFrame
    form: str
    decimal: str = "."
    delimiter: str = ""
    time_format: str | None = None
    line: Callable[[int], int] | None = None
    unnamed: dict[str, str] = field(default_factory=dict)
    row_names: pd.Series | None = None

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.frame.columns)

    def where(self, row: int) -> str:
        """Return file and line of a row, counted from 0, or file and row of a file without lines."""
        row = int(row)
        return f"{self.path}, row {row}" if self.line is None else f"{self.path}, line {self.line(row)}"

    def refuse(self, row: int, message: str) -> NoReturn:
        """Refuse a row.

        Raises:
            ConfigError: always; the message begins with file and line.
        """
        raise ConfigError(f"{self.where(row)}: {message}")
