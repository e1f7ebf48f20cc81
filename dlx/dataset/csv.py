"""Your own table, from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Table
from dlx.data.readers.again import open_again, read_again, with_words
from dlx.data.readers.csv import read_csv
from dlx.data.readers.form import Wanted
from dlx.data.readers.table import Choices, read_table

if TYPE_CHECKING:
    import pandas as pd


class CSV(Dataset):
    """A CSV file with a header line, one row for each example, and a column to predict.

    What is written in a cell is found: numbers (with a decimal comma, thousands, percent or currency), words and dates.
    Up to 20 different words become a column of 0 and 1 each; of more words, each becomes its share of the training
    rows; dates become days since the first one, year, month, day of the week and hour. Names, text, ids, row numbers
    and empty columns are left out. The target is treated as classes if it holds words, or at most 20 different whole
    numbers that stand in several rows each; `target_kind` overrides this. Empty cells, NA, N/A, NaN, null, None, ?, -
    and the like are missing values in every column. The run says how the file was read and keeps it as data.json.

    Args:
        path: path of the file, relative to the current folder; it may be compressed by gzip, bzip2 or xz.
        target: name of the column to predict; rows without a value in it are left out.
        features: names of the input columns; null: all others that can be inputs.
        target_kind: `class` or `number`; `auto` decides by the values.
        delimiter: character that separates the columns, or tab; `auto` finds it.
        exclude: names of columns that are no inputs; null: none.
        missing: `fill` takes the median of the training split for a missing number, with a further column of 0 and 1
            that tells where, and a category of its own for a missing word; `drop` leaves out rows with a missing input;
            `refuse` stops at the first one.
        markers: further cells that stand for a missing value, e.g. [unknown]; null: none.
        encoding: encoding of the text, e.g. cp949; `auto` finds UTF-8, UTF-16, cp949 or Latin-1.
        decimal: decimal mark; `auto` finds it.
        header: whether the first line holds the names of the columns, which are c1, c2, ... otherwise; `auto` refuses a
            first line of numbers only.
        time_format: format of dates in the letters of Python's strftime, e.g. %d/%m/%Y; null: it is found.

    Example:
        dlx train dataset=csv dataset.path=houses.csv dataset.target=price
    """

    # Earlier, numbers were rounded to single precision before they were centered.
    recorded_with = {"path": {"reader": 2}}  # noqa: RUF012
    seeded = False
    inputs = "vector"
    ways = {"target": "dlx data describe {path} lists the columns"}  # noqa: RUF012
    keys_of_form = ("delimiter", "markers", "encoding", "decimal", "header", "time_format")

    def __init__(
        self,
        *,
        path: str,
        target: str,
        features: list[str] | None,
        target_kind: Literal["auto", "class", "number"],
        delimiter: str,
        exclude: list[str] | None = None,
        missing: Literal["fill", "drop", "refuse"] = "fill",
        markers: list[str | int | float] | None = None,
        encoding: str = "auto",
        decimal: Literal["auto", ".", ","] = "auto",
        header: Literal["auto"] | bool = "auto",
        time_format: str | None = None,
    ) -> None:
        self.path = Path(path).expanduser()
        self.wanted = Wanted(encoding, delimiter, decimal, header, tuple(map(str, markers or ())), time_format)
        self.choices = Choices(target, features, tuple(exclude or ()), target_kind, missing)

    def load(self, seed: int) -> Table:
        """Return inputs (rows, columns) and targets (rows,) of classes or (rows, 1) of numbers.

        Raises:
            ConfigError: the file is missing, empty or ragged, or a column or a number is missing.
        """
        return read_table(read_csv(self.path, self.wanted), self.choices)

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> NewExamples:
        """Return the inputs (rows, columns) of new rows, without those that cannot be predicted, which are named.

        Raises:
            ConfigError: the file cannot be read, a column of the inputs is missing, or no row can be predicted.
        """
        sheet = open_again(source, with_words(self.wanted, encoding), encoding)
        return read_again(sheet, encoding, self.choices.missing)
