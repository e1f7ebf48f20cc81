"""Your own table, from a parquet file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Table
from dlx.data.readers.again import open_again, read_again, with_words
from dlx.data.readers.form import Wanted
from dlx.data.readers.parquet import read_parquet
from dlx.data.readers.table import Choices, read_table

if TYPE_CHECKING:
    import pandas as pd


class Parquet(Dataset):
    """A parquet file, one row for each example, and a column to predict; it needs pyarrow (`pip install dlx[parquet]`).

    Its columns become inputs as those of dataset=csv do.

    Args:
        path: path of the file, relative to the current folder.
        target: name of the column to predict; rows without a value in it are left out.
        features: names of the input columns; null: all others that can be inputs.
        exclude: names of columns that are no inputs; null: none.
        target_kind: `class` or `number`; `auto` decides by the values.
        missing: `fill` takes the median of the training split for a missing number, with a further column of 0 and 1
            that tells where, and a category of its own for a missing word; `drop` leaves out rows with a missing input;
            `refuse` stops at the first one.
        markers: texts that stand for a missing value, beside NA and the like; null: none.
        time_format: format of dates that are text, in the letters of Python's strftime; null: it is found.

    Example:
        dlx train dataset=parquet dataset.path=houses.parquet dataset.target=price
    """

    seeded = False
    inputs = "vector"
    ways = {"target": "dlx data describe {path} lists the columns"}  # noqa: RUF012
    keys_of_form = ("markers", "time_format")

    def __init__(
        self,
        *,
        path: str,
        target: str,
        features: list[str] | None,
        exclude: list[str] | None,
        target_kind: Literal["auto", "class", "number"],
        missing: Literal["fill", "drop", "refuse"],
        markers: list[str | int | float] | None,
        time_format: str | None,
    ) -> None:
        self.path = Path(path).expanduser()
        self.wanted = Wanted(markers=tuple(map(str, markers or ())), time_format=time_format)
        self.choices = Choices(target, features, tuple(exclude or ()), target_kind, missing)

    def load(self, seed: int) -> Table:
        """Return inputs (rows, columns) and targets (rows,) of classes or (rows, 1) of numbers.

        Raises:
            ConfigError: the file is missing or broken, a column is missing, or pyarrow is not installed.
        """
        return read_table(read_parquet(self.path, self.wanted), self.choices)

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> NewExamples:
        """Return the inputs (rows, columns) of new rows, without those that cannot be predicted, which are named.

        Raises:
            ConfigError: the file cannot be read, a column of the inputs is missing, or no row can be predicted.
        """
        sheet = open_again(source, with_words(self.wanted, encoding), encoding)
        return read_again(sheet, encoding, self.choices.missing)
