"""A table of a user's as inputs and targets: columns chosen, encoded, and rows without values left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlx.data.raw import Table
from dlx.data.readers.cells import read_column
from dlx.data.readers.encode import ID_COLUMN, Encoded, encode, why_left_out
from dlx.data.readers.sheet import Sheet
from dlx.data.readers.target import Targets, read_target
from dlx.data.reading import ColumnRead, Reading
from dlx.errors import ConfigError, nearest


@dataclass(frozen=True)
class Choices:
    """The choices of a user for a table.

    Attributes:
        target: name of the column to predict.
        features: names of the input columns; None: all others.
        exclude: names of columns that are no inputs.
        target_kind: what the target is; `auto` decides by the values.
        missing: what is done where inputs are missing.
    """

    target: str
    features: Sequence[str] | None = None
    exclude: Sequence[str] = ()
    target_kind: Literal["auto", "class", "number"] = "auto"
    missing: Literal["fill", "drop", "refuse"] = "fill"


def read_table(sheet: Sheet, choices: Choices) -> Table:
    """Return the inputs and targets of a table.

    Inputs may be NaN, or the number of a word, where the training split decides what stands there
    (`dlx.data.fitted.fit_columns`).

    Raises:
        ConfigError: a column does not exist or cannot be used, or no row or no column is left.
    """
    names = input_names(sheet, choices)
    target = read_target(sheet, choices.target, choices.target_kind, choices.missing)
    encoded, columns = encode_all(sheet, names, choices)
    if not encoded:
        reasons = "; ".join(f"{column.name!r}: {column.encoding}" for column in columns if column.role == "left out")
        raise ConfigError(
            f"dataset.features: {sheet.path} has no column beside the target {choices.target!r} that can be an input"
            + (f" ({reasons})" if reasons else "")
        )
    kept = ~target.column.missing
    left = {f"no {choices.target}": int((~kept).sum())} if not kept.all() else {}
    holes = np.any([one.missing for one in encoded], axis=0)
    if choices.missing == "drop" and (holes & kept).any():
        left["a missing input"] = int((holes & kept).sum())
        kept = kept & ~holes
    if not kept.any():
        raise ConfigError(
            f"dataset.missing: no row of {sheet.path} is left, each lacks a value; expected dataset.missing=fill"
        )
    return assembled(sheet, choices, target, encoded, columns, np.flatnonzero(kept), left)


def assembled(
    sheet: Sheet,
    choices: Choices,
    target: Targets,
    encoded: list[Encoded],
    columns: list[ColumnRead],
    rows: np.ndarray,
    left: Mapping[str, int],
) -> Table:
    """Return the chosen rows of encoded columns as a table with its description."""
    every = len(rows) == len(sheet.frame)
    labels = [label for one in encoded for label in one.labels]
    inputs = np.empty((len(rows), len(labels)))
    place = 0
    for one in encoded:
        for values in one.values():
            inputs[:, place] = values if every else values[rows]
            place += 1
    values, classes = target.of(sheet, rows)
    rules = {label: rule for one in encoded for label, rule in one.rules.items()}
    counts = np.bincount(values, minlength=len(classes)) if classes else ()
    reading = Reading(
        path=str(sheet.path),
        form=sheet.form,
        rows=len(sheet.frame),
        used=len(rows),
        left_out=left,
        columns=(target.described(classes), *columns),
        inputs=tuple(labels),
        target=choices.target,
        target_kind="class" if classes else "number",
        classes=dict(zip(classes, map(int, counts), strict=True)) if classes else {},
        notes=(*target.notes, *(note for one in encoded for note in one.notes)),
    )
    return Table(
        inputs,
        values,
        features=tuple(labels),
        classes=classes,
        rules=rules,
        rows=None if every else rows,
        double=True,
        reading=reading,
        encoding={
            "columns": [one.code for one in encoded],
            "ids": [column.name for column in columns if column.encoding == ID_COLUMN],
            "known": [choices.target, *(column.name for column in columns if column.role == "left out")],
            "decimal": sheet.decimal,
        },
    )


def input_names(sheet: Sheet, choices: Choices) -> list[str]:
    """Return the names of the columns that may be inputs.

    Raises:
        ConfigError: a name is not that of a column, stands twice, or is that of the target.
    """
    keys = [("target", [choices.target]), ("features", choices.features or ()), ("exclude", choices.exclude)]
    for key, given in keys:
        for name in given:
            if name not in sheet.names:
                raise ConfigError(f"dataset.{key}: {sheet.path} has no column {name!r}{nearest(name, sheet.names)}")
    if choices.features is None:
        names = [name for name in sheet.names if name != choices.target and name not in choices.exclude]
    else:
        names = list(choices.features)
    if choices.target in names:
        raise ConfigError(f"dataset.features: {choices.target!r} is the target; leave it out of the inputs")
    if choices.target in choices.exclude:
        raise ConfigError(f"dataset.exclude: {choices.target!r} is the target; expected columns beside it")
    if len(set(names)) < len(names):
        raise ConfigError(f"dataset.features: a column stands twice, got {names}; expected each once")
    both = [name for name in names if name in choices.exclude]
    if both:
        raise ConfigError(f"dataset.exclude: {both[0]!r} is one of dataset.features too; expected it in one of them")
    if not names:
        raise ConfigError(f"dataset.features: {sheet.path} has no column beside the target {choices.target!r}")
    return names


def encode_all(sheet: Sheet, names: list[str], choices: Choices) -> tuple[list[Encoded], list[ColumnRead]]:
    """Return the encoded inputs, and a description of every column but the target.

    Raises:
        ConfigError: a column that the user names cannot be an input, or has a missing value with `missing=refuse`.
    """
    found: list[Encoded] = []
    described = [ColumnRead(name, "left out", "row names", encoding=why) for name, why in sheet.unnamed.items()]
    for name in sheet.names:
        if name == choices.target:
            continue
        if name not in names:
            why = "dataset.exclude" if name in choices.exclude else "not in dataset.features"
            described.append(ColumnRead(name, "left out", "empty", encoding=why))
            continue
        column = read_column(sheet, name)
        why = why_left_out(column, len(sheet.frame), named=choices.features is not None)
        missing, distinct = int(column.missing.sum()), column.distinct
        if missing and choices.missing == "refuse":
            sheet.refuse(
                int(np.flatnonzero(column.missing)[0]),
                f"column {name!r} is empty; expected a value (dataset.missing=refuse); dataset.missing=fill fills it, "
                "dataset.missing=drop leaves the row out",
            )
        if why and choices.features is not None:
            sheet.refuse(0, f"column {name!r} cannot be an input: {why}; leave it out of dataset.features")
        if why:
            described.append(ColumnRead(name, "left out", column.kind, missing, distinct, why))
            continue
        one = encode(column, choices.missing == "fill")
        found.append(one)
        described.append(ColumnRead(name, "input", column.kind, missing, distinct, one.said))
    if choices.features is not None:  # in the order in which they were named
        found.sort(key=lambda one: names.index(one.name))
    return found, described
