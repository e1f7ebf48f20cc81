"""Tables from a user's file, whatever its form."""

from __future__ import annotations

from pathlib import Path

from dlx.data.readers.csv import read_csv
from dlx.data.readers.form import Wanted
from dlx.data.readers.parquet import is_parquet, read_parquet
from dlx.data.readers.sheet import Sheet


def read_sheet(path: Path, wanted: Wanted) -> Sheet:
    """Return a table from a parquet file or a file of text.

    Raises:
        ConfigError: the file cannot be read.
    """
    return read_parquet(path, wanted) if is_parquet(path) else read_csv(path, wanted)
