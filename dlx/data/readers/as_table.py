"""Arrays as a table: images, sequences or vectors, with classes, numbers or masks as targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dlx.data.raw import Label, Table
from dlx.data.readers.arrays import PARTS, Pair
from dlx.data.reading import Reading
from dlx.data.store import allocated, blocks
from dlx.errors import ConfigError, pasted
from dlx.spec import LARGEST, Target

FEW = 20  # most different whole numbers that are taken for classes
FEWEST = 2  # rows of each of them
CHANNELS = (1, 2, 3, 4)
Kind = Literal["vector", "image", "sequence"]
How = Literal["class", "number", "mask"]  # of targets


@dataclass(frozen=True)
class Choices:
    """The keys of the dataset that describe its arrays, see `dlx.dataset.arrays`; `memory` is in bytes."""

    kind: Kind | Literal["auto"]
    channels: Literal["auto", "first", "last"]
    target_kind: Literal["auto", "class", "number", "mask"]
    class_names: tuple[str, ...]
    memory: int


def table_of(path: Path, pairs: dict[str, Pair], unused: Sequence[str], choices: Choices) -> Table:
    """Return inputs and targets, part behind part, as a table.

    Raises:
        ConfigError: the arrays hold no finite numbers, differ between parts, or do not say what they are.
    """
    parts = [pairs[part] for part in ("", *PARTS) if part in pairs]
    for pair in parts:
        check_numbers(pair.x, pair.x_name, path)
        if pair.x.shape[1:] != parts[0].x.shape[1:] or (pair.y is None) != (parts[0].y is None):
            raise ConfigError(
                f"dataset.path: {pair.x_name!r} in {path} has the shape {pair.x.shape}, {parts[0].x_name!r} "
                f"{parts[0].x.shape}; expected the same but for the number of examples, with targets for both"
            )
    kind = kind_of(parts[0], choices, path)
    inputs = inputs_of(parts, kind, choices, path)
    names = [pair.y_name for pair in parts if pair.y is not None]
    targets: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    offers: dict[Target, Label] = {}
    if names:
        y = np.concatenate([np.asarray(pair.y) for pair in parts])
        how = target_kind(y, kind, choices, names[0], path)
        if how == "mask":
            offers = {"mask": mask_label(y, inputs.shape[2:], choices, names[0], path)}
        elif how == "class":
            targets, classes = as_classes(y, choices, names[0], path)
        else:
            targets = as_numbers(y, names[0], path)
    counts = np.bincount(targets, minlength=len(classes)) if classes and targets is not None else ()
    sizes = tuple(len(pairs[part].x) if part in pairs else 0 for part in PARTS)
    notes = [f"arrays that are not used: {', '.join(unused)}"] if unused else []
    if "" not in pairs:
        cut = [part for part in PARTS if part not in pairs]
        rest = f"; {' and '.join(cut)} cut out of train by dataset.split" if cut else ""
        notes.append(f"the arrays {', '.join(pair.x_name for pair in parts)} define the splits{rest}")
    said = {"vector": "vectors", "image": "images", "sequence": "sequences"}[kind]
    return Table(
        inputs,
        targets,
        kind,
        classes=classes,
        white=1.0 if parts[0].x.dtype.kind in "bu" else max(1.0, float(inputs[:1000].max())),
        parts=None if "" in pairs else sizes,  # type: ignore[arg-type]
        offers=offers,
        memory=choices.memory,
        encoding=code_of(parts[0], kind, channel_axis(parts[0], choices, path), "" in pairs),
        double=targets is not None and not classes,
        reading=Reading(
            str(path),
            "arrays",
            rows=len(inputs),
            used=len(inputs),
            target=names[0] if names else "",
            target_kind="mask" if offers else "class" if classes else "number" if names else "none",
            classes=dict(zip(classes, map(int, counts), strict=True)),
            notes=tuple(notes),
            unit="examples",
            given=f"{said} of {'x'.join(map(str, inputs.shape[1:]))} ({parts[0].x_name}, {parts[0].x.dtype})",
        ),
    )


def code_of(pair: Pair, kind: Kind, channels: str, named: bool) -> dict[str, Any]:
    """Return what a run keeps of its inputs: their name, what they are, and their shape and type in the file."""
    shape = list(map(int, pair.x.shape[1:]))
    name = pair.x_name if named else None
    known = {"x": name, "kind": kind, "channels": channels, "shape": shape, "dtype": str(pair.x.dtype)}
    return {**known, "largest": largest(kind, pair.x.dtype)}


def check_numbers(array: np.ndarray, name: str, path: Path) -> None:
    """Refuse an array that does not hold finite real numbers.

    Raises:
        ConfigError: it names the array and the first such place.
    """
    if array.dtype.kind not in "biuf":
        what = {"U": "words", "S": "words", "c": "complex numbers", "M": "dates", "V": "records"}
        raise ConfigError(
            f"dataset.path: {name!r} in {path} holds {what.get(array.dtype.kind, str(array.dtype))}; expected numbers"
        )
    for block in blocks(array) if array.dtype.kind == "f" else ():
        with np.errstate(invalid="ignore", over="ignore"):
            wrong = ~(np.abs(array[block]) <= LARGEST)
        if wrong.any():
            place = [int(number) for number in np.argwhere(wrong)[0]]
            value = array[block][tuple(place)]
            place[0] += block.start
            raise ConfigError(
                f"dataset.path: {name}[{', '.join(map(str, place))}] in {path} is {value:g}; expected finite numbers "
                f"up to {LARGEST:.2g}"
            )


def kind_of(pair: Pair, choices: Choices, path: Path) -> Kind:
    """Return what the inputs are: vectors, images or sequences.

    Raises:
        ConfigError: the shape does not tell, or does not fit what the user says.
    """
    shape, name = pair.x.shape, pair.x_name
    fitting: dict[int, tuple[Kind, ...]] = {1: ("vector",), 2: ("vector",), 3: ("image", "sequence"), 4: ("image",)}
    possible = fitting.get(len(shape), ())
    if choices.kind != "auto" and choices.kind not in possible:
        raise ConfigError(
            f"dataset.kind: {name!r} in {path} has the shape {shape}; expected (examples, features) for vectors, "
            "(examples, time, features) for sequences, (examples, height, width) with or without channels for images"
        )
    if not possible or prod(shape) == 0:
        raise ConfigError(
            f"dataset.path: {name!r} in {path} has the shape {shape}; expected (examples, features), (examples, time, "
            "features), or (examples, height, width) with or without channels"
        )
    if choices.kind != "auto":
        return choices.kind
    if len(possible) > 1 and pair.x.dtype != np.uint8:
        raise ConfigError(
            f"dataset.kind: {name!r} in {path} has the shape {shape}: are they sequences of {shape[1]} steps with "
            f"{shape[2]} features, or images of {shape[1]}x{shape[2]}? add dataset.kind=sequence or dataset.kind=image"
        )
    return possible[0]


def inputs_of(parts: Sequence[Pair], kind: Kind, choices: Choices, path: Path) -> np.ndarray:
    """Return the inputs of all parts; images (examples, channels, height, width).

    Images of unsigned integers are divided by the largest one of their type, 255 or 65535. A single array of other
    numbers is returned as it is, so that it may stay in its file.
    """
    arrays = [arranged(pair, kind, choices, path) for pair in parts]
    first, whole = arrays[0], sum(map(len, arrays))
    if len(arrays) == 1 and first.dtype.kind == "f":
        return first if first.nbytes > choices.memory else np.array(first)
    number = np.float32 if first.dtype.kind in "bu" else np.float64
    found = allocated((whole, *first.shape[1:]), number, choices.memory)
    top, begin = largest(kind, first.dtype), 0
    for array in arrays:
        for block in blocks(array):
            rows = array[block]
            found[begin : begin + len(rows)] = rows if top == 1 else rows / np.float32(top)
            begin += len(rows)
    return found


def largest(kind: Kind, number: np.dtype) -> float:
    """Return the number that inputs of a type are divided by: the largest one for images of unsigned integers."""
    return float(np.iinfo(number).max) if kind == "image" and number.kind == "u" else 1.0


def arranged(pair: Pair, kind: Kind, choices: Choices, path: Path) -> np.ndarray:
    """Return inputs with a channel axis behind the examples, where they are images, and a feature axis otherwise."""
    x = pair.x
    if kind != "image":
        return x[:, None] if x.ndim == 1 else x
    if x.ndim == 3:
        return x[:, None]
    return np.moveaxis(x, 3, 1) if channel_axis(pair, choices, path) == "last" else x


def channel_axis(pair: Pair, choices: Choices, path: Path) -> Literal["first", "last"]:
    """Return which axis of images is that of the channels: the first one behind the examples, or the last one.

    Raises:
        ConfigError: it cannot be told.
    """
    x, where = pair.x, choices.channels
    if x.ndim == 4 and where == "auto":
        first, last = x.shape[1] in CHANNELS, x.shape[3] in CHANNELS
        if first == last:
            raise ConfigError(
                f"dataset.channels: {pair.x_name!r} in {path} has the shape {x.shape}; are the channels its second "
                "axis or its last one? add dataset.channels=first or dataset.channels=last"
            )
        return "first" if first else "last"
    return "last" if where == "last" else "first"


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
