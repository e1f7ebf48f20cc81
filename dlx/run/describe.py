"""Description of a user's file of data: its columns, how a dataset reads it, and a command that trains on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlx.config import gate
from dlx.data.readers.cells import Column, read_column
from dlx.data.readers.form import Wanted
from dlx.data.readers.parquet import is_parquet
from dlx.data.readers.read import read_sheet
from dlx.data.readers.sheet import Sheet
from dlx.errors import ConfigError, pasted
from dlx.run.describe_folder import describe_folder, option_of
from dlx.run.description import BINS, FEW, Description, Shown

SERIES_ROWS = 40  # fewest rows of which a series is suggested
LIKELY = (
    "target", "label", "labels", "class", "y", "survived", "species", "outcome", "diagnosis", "price", "quality",
    "default", "churn", "fraud", "income", "mpg", "medv", "품종", "가격", "정답",
)  # fmt: skip


def describe(path: Path, keys: Mapping[str, Any], option: str = "") -> Description:
    """Return the description of a file, or of a folder of pictures.

    Args:
        path: the file or folder.
        keys: keys of the dataset.
        option: the dataset that reads it; "": `image_folder` for a folder, `arrays` for NumPy's files, `parquet`,
            `csv_series` for times in order, otherwise `csv`.

    Raises:
        ConfigError: the file cannot be read, or a key is invalid.
    """
    if (option or option_of(path)) in ("image_folder", "arrays"):
        return describe_folder(path, keys, option or option_of(path))
    names = ("encoding", "delimiter", "decimal", "header", "time_format")
    wanted = {name: keys[name] for name in names if keys.get(name) is not None}
    gate.option("dataset", option or "csv", "dataset", {**needed(option), **keys, "path": str(path)})
    sheet = read_sheet(path, Wanted(**wanted, markers=tuple(map(str, keys.get("markers") or ()))))
    columns, shown = {}, [Shown(name, "left out", problem=why) for name, why in sheet.unnamed.items()]
    for name in sheet.names:
        try:
            columns[name] = read_column(sheet, name, words_allowed=name == keys.get("target"))
            shown.append(show(columns[name]))
        except ConfigError as error:
            shown.append(Shown(name, "cannot be read", problem=str(error)))
    time = keys.get("time") or time_of(sheet, columns)
    option = option or ("parquet" if is_parquet(path) else "csv_series" if time and "target" not in keys else "csv")
    chosen, guessed = dict(keys), ""
    if option == "csv_series":
        chosen = {**({"time": time} if time else {}), **keys}
    elif "target" not in keys:
        guessed = likely_target(columns)
        chosen["target"] = guessed
    words = [pasted("dataset.path", str(path)), *(pasted(f"dataset.{key}", value) for key, value in chosen.items())]
    model = ["model=lstm"] if option == "csv_series" else []
    command = " ".join(["dlx train", *model, f"dataset={option}", *words])
    try:
        raw = gate.option("dataset", option, "dataset", {**chosen, "path": str(path)}).make().load(0)
        reading = raw.reading.lines()
    except ConfigError as error:
        if keys.get("target") is not None or option == "csv_series":
            raise
        reading = [str(error)]
    return Description(path, sheet.form, len(sheet.frame), tuple(shown), reading, command, guessed)


def needed(option: str) -> dict[str, Any]:
    """Return values of keys that a dataset needs and that a description can do without."""
    return {} if option == "csv_series" else {"target": "any"}


def time_of(sheet: Sheet, columns: Mapping[str, Column]) -> str | None:
    """Return the column of dates in order, if there is one beside columns of numbers that are mostly not words."""
    dates = [column for column in columns.values() if column.kind == "date"]
    words = [column for column in columns.values() if column.kind == "word"]
    numbers = [column for column in columns.values() if column.kind == "number"]
    if len(dates) != 1 or words or not numbers or len(sheet.frame) < SERIES_ROWS:
        return None
    moments = dates[0].dates.moments if dates[0].dates is not None else np.array([], "datetime64[ns]")
    steps = np.diff(moments)
    zero = np.timedelta64(0, "ns")
    return dates[0].name if bool((steps > zero).all() or (steps < zero).all()) else None


def likely_target(columns: Mapping[str, Column]) -> str:
    """Return the column that is most likely to be predicted: one of a usual name, else the last of numbers or words."""
    fitting = [name for name, column in columns.items() if column.kind in ("number", "word")]
    named = [name for name in fitting if name.casefold() in LIKELY]
    return (named or fitting or [""])[-1]


def show(column: Column) -> Shown:
    """Return a column as it is shown."""
    missing, distinct = int(column.missing.sum()), int(column.cells.nunique())
    kind = f"{column.kind} ({column.form})" if column.form else column.kind
    values, shares = "", ()
    held = column.cells[~column.missing]
    if column.kind == "number":
        numbers = column.numbers[~column.missing]
        low, middle, high = numbers.min(), np.median(numbers), numbers.max()
        values = f"{low:.6g} … {middle:.6g} … {high:.6g}"
        counts = np.histogram(numbers, BINS)[0] if high > low else np.array([len(numbers)])
        shares = tuple(counts / len(numbers))
    elif column.kind == "date" and column.dates is not None:
        moments = column.dates.moments[~column.missing]
        values = f"{str(moments.min())[:10]} … {str(moments.max())[:10]}"
        counts = np.histogram(moments.astype(np.int64), BINS)[0]
        shares = tuple(counts / len(moments))
    elif column.kind == "word":
        found = held.value_counts()
        values = ", ".join(f"{str(word)[:20]} {count / len(held):.0%}" for word, count in found.head(FEW).items())
        values += ", …" * (len(found) > FEW)
        shares = tuple(found.head(BINS) / len(held))
    return Shown(column.name, kind, missing, distinct, values, shares)
