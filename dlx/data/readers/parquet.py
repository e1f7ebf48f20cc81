"""Tables in parquet files, read by pandas and pyarrow."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from dlx.data.readers.form import Wanted
from dlx.data.readers.sheet import MARKERS, ROW_NAMES, Sheet
from dlx.data.readers.source import no_file
from dlx.errors import ConfigError
from dlx.files import is_there

MARK = b"PAR1"


def is_parquet(path: Path) -> bool:
    """Return whether a file is a parquet file."""
    if not is_there(path):
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) == MARK
    except (OSError, ValueError):
        return False


def read_parquet(path: Path, wanted: Wanted) -> Sheet:
    """Return a table from a parquet file.

    Raises:
        ConfigError: the file is missing, is no parquet file or broken, has no rows, or pyarrow is not installed.
    """
    if not is_there(path):
        raise ConfigError(f"dataset.path: {no_file(path)}")
    if not is_parquet(path):
        raise ConfigError(f"dataset.path: {path} is no parquet file; dataset=csv reads text")
    if find_spec("pyarrow") is None:
        raise ConfigError(f"dataset.path: {path} needs pyarrow; install it: pip install pyarrow")
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except Exception as error:  # a broken file can raise any error of pyarrow
        raise ConfigError(f"dataset.path: {path} cannot be read as parquet: {' '.join(str(error).split())}") from None
    if frame.empty:
        raise ConfigError(f"dataset.path: {path} has no rows")
    frame.columns = [str(name) for name in frame.columns]
    twice = [name for name in frame.columns if list(frame.columns).count(name) > 1]
    if twice:
        raise ConfigError(f"dataset.path: {path}: column name {twice[0]!r} stands twice; names must differ")
    unnamed = {name: ROW_NAMES for name in frame.columns if name == "__index_level_0__"}
    row_names = frame["__index_level_0__"].reset_index(drop=True) if unnamed else None
    frame = frame.drop(columns=list(unnamed)).reset_index(drop=True)
    for name in frame.columns:
        frame[name] = plain(frame[name], name, path, wanted)
    return Sheet(path, frame, "parquet", time_format=wanted.time_format, unnamed=unnamed, row_names=row_names)


def plain(column: pd.Series, name: str, path: Path, wanted: Wanted) -> pd.Series:
    """Return a column as numbers, times or text; a missing marker in text is a missing value.

    Raises:
        ConfigError: the column holds lists or other objects.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: "true", False: "false"}).astype("str" if column.notna().all() else object)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column if not column.hasnans else column.astype(float)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    held = column.dropna()
    if held.map(lambda cell: isinstance(cell, list | dict | tuple | bytes | np.ndarray)).any():
        raise ConfigError(f"dataset.path: {path}: column {name!r} holds lists or objects, expected numbers or words")
    text = held.astype(str)
    return text[~text.str.strip().isin({*MARKERS, *wanted.markers})].reindex(column.index)
