"""Selection of columns, classes and examples of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dlx.data.raw import Table
from dlx.errors import ConfigError, nearest
from dlx.spec import WORDS


def take(table: Table, rows: np.ndarray) -> Table:
    """Return a table with the selected examples."""
    extra = {name: values[rows] for name, values in table.extra.items()}
    offers = {kind: label.rows(rows) for kind, label in table.offers.items()}
    targets = None if table.targets is None else table.targets[rows]
    places = None if table.rows is None else table.rows[rows]
    return replace(table, inputs=table.inputs[rows], targets=targets, extra=extra, offers=offers, rows=places)


def given(table: Table) -> str:
    """Return what a table's targets are, in words."""
    if table.usual == "none" and table.offers:
        return WORDS["target"][next(iter(table.offers))]
    return {"number": "real targets", "none": "no targets"}.get(table.usual, "classes")


def select_columns(table: Table, features: list[str] | None, target: str | None) -> Table:
    """Return the table with the named input columns, and a named column as its real target.

    Raises:
        ConfigError: the columns have no names, or there is no such column.
    """
    if features is None and target is None:
        return table
    if target is not None and table.input != "vector":
        raise ConfigError(f"dataset.target: needs vectors, of which one column is the target; these are {table.input}s")
    for key, names in (("features", features or []), ("target", [target] if target is not None else [])):
        for name in names:
            if not table.features:
                raise ConfigError(f"dataset.{key}: the columns of this dataset have no names")
            if name not in table.features:
                raise ConfigError(f"dataset.{key}: no such column {name!r}{nearest(name, table.features)}")
    if features is not None and (not features or target in features or len(set(features)) < len(features)):
        why = "expected at least one column" if not features else f"{target!r} is the target"
        why = why if not features or target in features else "a column stands twice"
        others = ", ".join(name for name in table.features if name != target)
        raise ConfigError(f"dataset.features: {why}; choose from: {others}")
    names = features if features is not None else [name for name in table.features if name != target]
    if not names:
        raise ConfigError(f"dataset.target: {target!r} is the only column; nothing is left to predict it from")
    chosen = replace(table, inputs=column(table, names), features=tuple(names))
    if target is None:
        return chosen
    return replace(chosen, targets=column(table, [target]), classes=())


def column(table: Table, names: Sequence[str]) -> np.ndarray:
    """Return the named columns (examples, names), or the named features of sequences (examples, time, names)."""
    return table.inputs[..., [table.features.index(name) for name in names]]


def select_classes(table: Table, classes: Sequence[str | int] | None) -> tuple[Table, np.ndarray]:
    """Return the examples of the named classes, numbered in the order of the names, and their rows.

    Raises:
        ConfigError: the targets are not classes, a name is unknown or repeated, or there are fewer than two.
    """
    if classes is None:
        return table, np.arange(len(table.inputs))
    if not table.classes:
        raise ConfigError(f"dataset.classes: needs classes as targets; the dataset gives {given(table)}")
    assert table.targets is not None, "classes are targets"
    names = [str(name) for name in classes]
    for name in names:
        if name not in table.classes:
            raise ConfigError(f"dataset.classes: no such class {name!r}{nearest(name, table.classes)}")
    if len(set(names)) != len(names) or len(names) < 2:
        raise ConfigError(f"dataset.classes: expected at least two different classes, got {list(classes)}")
    number = np.full(len(table.classes), -1)
    number[[table.classes.index(name) for name in names]] = np.arange(len(names))
    rows = np.flatnonzero(number[table.targets] >= 0)
    reading = None if table.reading is None else table.reading.with_classes(names)
    return replace(take(table, rows), targets=number[table.targets[rows]], classes=tuple(names), reading=reading), rows


def select_prevalence(table: Table, prevalence: float | None, random: np.random.Generator) -> tuple[Table, np.ndarray]:
    """Return as many examples as possible with the given fraction of the second of two classes, and their rows.

    Raises:
        ConfigError: there are not two classes, or one would lose all of its examples.
    """
    rows = np.arange(len(table.inputs))
    if prevalence is None:
        return table, rows
    if len(table.classes) != 2:
        raise ConfigError(
            f"dataset.prevalence: needs two classes; the dataset has {len(table.classes) or given(table)}; "
            "choose two with dataset.classes=[...]"
        )
    negative, positive = (np.flatnonzero(table.targets == label) for label in (0, 1))
    total = min(len(negative) / (1 - prevalence), len(positive) / prevalence)
    wanted = round(total * (1 - prevalence)), round(total * prevalence)
    if min(wanted) < 1:
        raise ConfigError(f"dataset.prevalence: {prevalence} of {len(rows)} examples leaves a class without any")
    kept = [random.permutation(members)[:n] for members, n in zip((negative, positive), wanted, strict=True)]
    rows = np.sort(np.concatenate(kept))
    return take(table, rows), rows


def places(names: tuple[str, ...], chosen: Sequence[str] | None) -> tuple[int, ...]:
    """Return the places of the chosen names, () if none are chosen."""
    return () if chosen is None else tuple(names.index(name) for name in chosen)
