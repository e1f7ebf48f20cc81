"""Targets of arrays: classes, numbers or masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dlx.data.raw import Label
from dlx.data.readers.array_inputs import Choices, Kind, check_numbers
from dlx.data.readers.arrays import Pair
from dlx.errors import ConfigError, pasted

FEW = 20  # most different whole numbers that are taken for classes
FEWEST = 2  # rows of each of them
How = Literal["class", "number", "mask"]  # of targets


@dataclass(frozen=True)
class Targets:
    """The targets of examples.

    Attributes:
        kind: what they are.
        name: name of their array; empty without targets.
        values: classes (examples,) or numbers (examples, targets); None for masks and without targets.
        classes: names of the classes of examples.
        masks: masks with the names of their classes.
    """

    kind: How | Literal["none"] = "none"
    name: str = ""
    values: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    masks: Label | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The number of examples of each class."""
        if not self.classes or self.values is None:
            return {}
        return dict(zip(self.classes, map(int, np.bincount(self.values, minlength=len(self.classes))), strict=True))


def targets_of(parts: Sequence[Pair], kind: Kind, size: tuple[int, ...], choices: Choices, path: Path) -> Targets:
    """Return the targets of all parts, part behind part.

    Args:
        parts: inputs and targets of each part.
        kind: what the inputs are.
        size: height and width of the inputs, if they are images.
        choices: what the user says.
        path: the file, for messages.

    Raises:
        ConfigError: the targets hold no finite numbers, or their shape is that of no kind of target.
    """
    given = [(pair.y, pair.y_name) for pair in parts if pair.y is not None]
    if not given:
        return Targets()
    name = given[0][1]
    y = np.concatenate([np.asarray(values) for values, _ in given])
    how = target_kind(y, kind, choices, name, path)
    if how == "mask":
        return Targets(how, name, masks=mask_label(y, size, choices, name, path))
    if how == "number":
        return Targets(how, name, as_numbers(y, name, path))
    values, classes = as_classes(y, choices, name, path)
    return Targets(how, name, values, classes)


def target_kind(y: np.ndarray, kind: Kind, choices: Choices, name: str, path: Path) -> How:
    """Return what the targets are, as the user says or as their type and shape tell.

    Raises:
        ConfigError: no kind of target has this shape.
    """
    flat = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    if choices.target_kind == "auto":
        if kind == "image" and y.ndim == 3 and y.dtype.kind in "biu":
            return "mask"
        if not flat:
            how: How = "number"
        elif y.dtype.kind in "USb":
            how = "class"
        else:
            values, counts = np.unique(y, return_counts=True)
            whole = y.dtype.kind in "iu" or bool(np.isfinite(values).all() and (values == np.round(values)).all())
            few = len(values) <= FEW and counts.min() >= FEWEST
            how = "class" if whole and (few or bool(choices.class_names)) else "number"
    else:
        how = choices.target_kind
    fits = {"class": flat, "number": y.ndim <= 2 and y.dtype.kind in "biuf", "mask": kind == "image" and y.ndim == 3}
    if not fits[how]:
        expected = {
            "class": "(examples,)",
            "number": "(examples,) or (examples, targets) of numbers",
            "mask": "(examples, height, width) beside images",
        }[how]
        raise ConfigError(
            f"dataset.target_kind: {name!r} in {path} has the shape {y.shape} and holds {y.dtype}; expected {expected}"
        )
    return how


def as_classes(y: np.ndarray, choices: Choices, name: str, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the number of each example's class (examples,) and the names of the classes.

    Raises:
        ConfigError: a target is missing, there is a single class, or another number of names.
    """
    y = y.reshape(len(y))
    if y.dtype.kind == "f":
        check_numbers(y, name, path)
    seen, numbers = np.unique(y, return_inverse=True)
    if len(seen) < 2:
        raise ConfigError(f"dataset.path: all targets {name!r} in {path} are {seen[0]}; expected two or more classes")
    values = seen.astype(str) if y.dtype.kind == "S" else seen
    names = [f"{value:g}" if isinstance(value, float) else str(value) for value in values.tolist()]
    return numbers.astype(np.int64), checked_names(names, choices, name, path)


def checked_names(values: list[str], choices: Choices, name: str, path: Path) -> tuple[str, ...]:
    """Return the names of the classes: the user's, or the values.

    Raises:
        ConfigError: there are more or fewer names than values.
    """
    names = choices.class_names
    if names and len(names) != len(values):
        shown = ", ".join(values[:FEW])
        raise ConfigError(
            f"dataset.class_names: {len(names)} names for the {len(values)} values of {name!r} in {path} ({shown}); "
            f"expected one each, e.g. {pasted('dataset.class_names', values[:FEW])}"
        )
    return names or tuple(values)


def as_numbers(y: np.ndarray, name: str, path: Path) -> np.ndarray:
    """Return real targets (examples, targets)."""
    check_numbers(y, name, path)
    return y.reshape(len(y), -1).astype(np.float64)


def mask_label(y: np.ndarray, size: tuple[int, ...], choices: Choices, name: str, path: Path) -> Label:
    """Return masks as a kind of target, their values numbered in order.

    Raises:
        ConfigError: masks and images differ in size, or there is a single value.
    """
    if y.shape[1:] != size:
        raise ConfigError(
            f"dataset.path: the masks {name!r} in {path} have {'x'.join(map(str, y.shape[1:]))} pixels, the images "
            f"{'x'.join(map(str, size))}; expected masks of the size of their images"
        )
    check_numbers(y, name, path)
    seen, numbers = np.unique(y, return_inverse=True)
    if not 2 <= len(seen) <= 64:
        raise ConfigError(f"dataset.path: the masks {name!r} in {path} hold {len(seen)} values; expected 2 to 64")
    return Label(
        numbers.reshape(y.shape), checked_names([f"{value:g}" for value in seen.tolist()], choices, name, path)
    )
