"""Your own series, from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Series
from dlx.data.readers.again import open_again, read_series_again
from dlx.data.readers.form import Wanted
from dlx.data.readers.read import read_sheet
from dlx.data.readers.series import read_series
from dlx.data.readers.series_columns import SeriesChoices

if TYPE_CHECKING:
    import pandas as pd


class CSVSeries(Dataset):
    """A CSV file with a header line, one row for each point in time, and a column for each series.

    Rows are treated as equally spaced; windows over a gap in time are left out. Rows in which the newest is the first
    one are turned round, any other disorder is refused. Nothing looks ahead: the test split follows the training split,
    windows whose targets cross a border between splits are left out, scales come from the training split alone, and
    missing values are filled from the past. `dataset.folds` moves forward in time (rolling origin). Cells are read as
    those of dataset=csv; a parquet file is read too.

    Args:
        path: path of the file, relative to the current folder; it may be compressed by gzip, bzip2 or xz.
        time: name of the column of times, which are numbers or dates (2024-01-31, 1949-01, 31.01.2024, Jan 1 2000),
            those with an offset from UTC as instants; null: none.
        columns: names of the series; null: all columns of numbers except the time.
        delimiter: character that separates the columns, or tab; `auto` finds it.
        exclude: names of columns that are no series; null: none.
        where: value of a column that chooses the rows of one series of a table of several, e.g. "symbol=AA", or a list
            of such conditions, all of which hold; null: all rows.
        group: name of a column whose values tell several series apart; each becomes a series of its own; null: none.
        missing: `fill` takes the last value before; such a value is an input and no target. `drop` leaves out windows
            with a missing value; `refuse` stops at the first one.
        gaps: `leave_out` leaves out windows over a gap in time, `ignore` treats the rows as equally spaced, `refuse`
            stops at the first gap.
        markers: further cells that stand for a missing value, e.g. [-999]; null: none.
        encoding: encoding of the text, e.g. cp949; `auto` finds UTF-8, UTF-16, cp949 or Latin-1.
        decimal: decimal mark; `auto` finds it.
        header: whether the first line holds the names of the columns, which are c1, c2, ... otherwise; `auto` refuses a
            first line of numbers only.
        time_format: format of the times in the letters of Python's strftime, e.g. %d/%m/%Y; null: it is found.

    Example:
        dlx train model=lstm dataset=csv_series dataset.path=prices.csv dataset.time=date dataset.difference=returns
    """

    # Earlier, numbers were rounded to single precision before they were centered.
    recorded_with = {"path": {"reader": 2}}  # noqa: RUF012
    seeded = False
    keys_of_form = ("delimiter", "markers", "encoding", "decimal", "header", "time_format")

    def __init__(
        self,
        *,
        path: str,
        time: str | None,
        columns: list[str] | None,
        delimiter: str,
        exclude: list[str] | None = None,
        where: str | list[str] | None = None,
        group: str | None = None,
        missing: Literal["fill", "drop", "refuse"] = "fill",
        gaps: Literal["leave_out", "ignore", "refuse"] = "leave_out",
        markers: list[str | int | float] | None = None,
        encoding: str = "auto",
        decimal: Literal["auto", ".", ","] = "auto",
        header: Literal["auto"] | bool = "auto",
        time_format: str | None = None,
    ) -> None:
        self.path = Path(path).expanduser()
        self.wanted = Wanted(encoding, delimiter, decimal, header, tuple(map(str, markers or ())), time_format)
        conditions = (where,) if isinstance(where, str) else tuple(where or ())
        self.choices = SeriesChoices(time, columns, tuple(exclude or ()), conditions, group, missing, gaps)

    def load(self, seed: int) -> Series:
        """Return the series (rows, columns).

        Raises:
            ConfigError: the file is missing, empty or ragged, a column is missing or holds words, or times do not
                ascend.
        """
        return read_series(read_sheet(self.path, self.wanted), self.choices)

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> Series:
        """Return the series (rows, columns) of another file with the same columns, whose end is forecast.

        Raises:
            ConfigError: the file cannot be read, a series is missing, or times do not ascend.
        """
        return read_series_again(open_again(source, self.wanted, encoding), self.choices, encoding)
