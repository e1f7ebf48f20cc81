"""Inputs of arrays: whether they are images, sequences or vectors, and in which form the network gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dlx.data.readers.arrays import Pair
from dlx.data.store import allocated, blocks
from dlx.errors import ConfigError
from dlx.spec import LARGEST

CHANNELS = (1, 2, 3, 4)
Kind = Literal["vector", "image", "sequence"]


@dataclass(frozen=True)
class Choices:
    """The keys of the dataset that describe its arrays, see `dlx.dataset.arrays`; `memory` is in bytes."""

    kind: Kind | Literal["auto"]
    channels: Literal["auto", "first", "last"]
    target_kind: Literal["auto", "class", "number", "mask"]
    class_names: tuple[str, ...]
    memory: int


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
