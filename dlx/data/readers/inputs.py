"""The inputs of new examples from arrays and plain tables, for datasets that read no files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.data.preprocessing import Preprocessing
from dlx.data.raw import NewExamples, Series
from dlx.data.readers.again import read_again, sheet_of
from dlx.data.readers.form import Wanted
from dlx.data.readers.read import read_sheet
from dlx.data.readers.source import no_file
from dlx.errors import ConfigError
from dlx.files import is_there

ARRAYS = (".npy", ".npz")


def read_inputs(
    source: Any, fitted: Preprocessing, framed: Callable[[pd.DataFrame], NewExamples | Series | None]
) -> NewExamples | Series:
    """Return the inputs of new examples in the units of the data.

    Args:
        source: a .npy file or an array (examples, *shape), a series (time, series), or a table with a column for each
            number of an input.
        fitted: what the training split of the run decided.
        framed: function that reads a frame as the dataset does, or returns None if it reads none.

    Raises:
        ConfigError: the source cannot be read, or has another shape.
    """
    if isinstance(source, Path) and source.suffix not in ARRAYS:
        return from_table(source, fitted)
    if isinstance(source, pd.DataFrame):
        return from_table(source, fitted)
    name = str(source) if isinstance(source, Path) else "the array"
    array = read_array(source) if isinstance(source, Path) else np.asarray(source)
    names = [code["name"] for code in fitted.encoding.get("columns", []) if isinstance(code, dict) and "name" in code]
    if names and array.ndim == 2 and array.shape[1] == len(names):
        found = framed(pd.DataFrame(array, columns=names).infer_objects())
        if found is not None:
            return found
    if array.dtype.kind not in "fiub":
        raise ConfigError(f"{name}: holds {array.dtype}, expected numbers")
    return from_array(array, fitted, name)


def read_array(path: Path) -> np.ndarray:
    """Return the array in a .npy file, or the only one in a .npz file; nothing in it is executed.

    Raises:
        ConfigError: the file is missing, broken, or holds several arrays.
    """
    if not is_there(path):
        raise ConfigError(no_file(path))
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            if len(found.files) != 1 and "inputs" not in found.files:
                raise ConfigError(f"{path}: holds {len(found.files)} arrays, expected one, or one called 'inputs'")
            only: np.ndarray = found["inputs" if "inputs" in found.files else found.files[0]]
            return only
    except ConfigError:
        raise
    except Exception as error:  # a broken file can raise any error of numpy and zipfile
        reason = " ".join(str(error).split())[:120]
        raise ConfigError(f"{path}: cannot be read as an array of numbers ({reason})") from None


def from_array(array: np.ndarray, fitted: Preprocessing, name: str) -> NewExamples | Series:
    """Return an array as inputs, or as a series.

    Raises:
        ConfigError: its shape does not fit, or a number in it is not finite.
    """
    spec = fitted.spec
    if spec.input in ("tokens", "none"):
        raise ConfigError(f"{name}: the run takes {spec}; new examples of this kind cannot be given as numbers")
    if not np.isfinite(array).all():
        raise ConfigError(f"{name}: holds a value that is no finite number; expected numbers without NaN")
    array = array.astype(np.float64)
    if spec.input == "series":
        width = len(fitted.columns) or spec.shape[1]
        values = array[:, None] if array.ndim == 1 and width == 1 else array
        if values.ndim != 2 or values.shape[1] != width:
            raise ConfigError(f"{name}: has the shape {array.shape}, expected (time, {width})")
        return Series(values, fitted.columns)
    size = spec.shape
    if spec.input == "vector" and array.shape[-1] == len(fitted.columns) != spec.shape[0]:
        array = array[..., list(fitted.inputs_at)]  # all columns of the data, some of which are inputs
    if array.shape == size:
        array = array[None]
    if array.ndim == 4 == len(size) + 1 and array.shape[1] == size[0]:
        size = array.shape[1:]  # images are placed and sampled later
    if array.ndim < 2 or (array.shape[1:] != size and prod(array.shape[1:]) != prod(size)):
        raise ConfigError(f"{name}: has the shape {array.shape}, expected (examples, {', '.join(map(str, size))})")
    if not len(array):
        raise ConfigError(f"{name}: holds no example")
    return NewExamples(widened(array.reshape(len(array), *size), fitted), {"row": list(range(len(array)))})


def widened(inputs: np.ndarray, fitted: Preprocessing) -> np.ndarray:
    """Return inputs (examples, ..., features) among all columns of the data, of which the others are not used."""
    if not fitted.inputs_at:
        return inputs
    wide = np.zeros((*inputs.shape[:-1], len(fitted.columns)))
    wide[..., list(fitted.inputs_at)] = inputs
    return wide


def from_table(source: Path | pd.DataFrame, fitted: Preprocessing) -> NewExamples | Series:
    """Return the columns of a table as inputs: those of the names of the features, or all of them, in their order.

    Raises:
        ConfigError: the table cannot be read, or has other columns.
    """
    spec, wanted = fitted.spec, Wanted()
    if spec.input in ("tokens", "none"):
        raise ConfigError(f"{source}: the run takes {spec}; new examples of this kind cannot be given as a table")
    try:
        sheet = read_sheet(source, wanted) if isinstance(source, Path) else sheet_of(source, wanted)
    except ConfigError as error:
        raise ConfigError(str(error).removeprefix("dataset.path: ")) from None
    columns = list(fitted.columns)
    if fitted.inputs_at and spec.input != "series":
        columns = [columns[place] for place in fitted.inputs_at]
    size = (len(columns) or spec.shape[1]) if spec.input == "series" else prod(spec.shape)
    names = columns if columns and set(columns) <= set(sheet.names) else sheet.names
    if len(names) != size:
        known = f" ({', '.join(columns[:6])}{', ...' * (size > 6)})" if columns else ""
        raise ConfigError(f"{sheet.path}: has {len(names)} columns, expected {size} columns of numbers{known}")
    codes = [{"name": name, "kind": "number", "labels": [name]} for name in names]
    found = read_again(sheet, {"columns": codes}, "refuse")
    if spec.input == "series":
        if found.refused:
            raise ConfigError(found.refused[0])
        return Series(found.inputs, fitted.columns)
    return replace(found, inputs=widened(found.inputs.reshape(-1, *spec.shape), fitted))
