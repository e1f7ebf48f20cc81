"""New arrays in the form of those that a run was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlx.data.raw import NewExamples
from dlx.data.readers.array_inputs import Choices, inputs_of, largest
from dlx.data.readers.arrays import INPUTS, Pair, chosen, in_parts, opened
from dlx.data.store import blocks
from dlx.errors import ConfigError
from dlx.spec import LARGEST
from dlx.stored.form import Fields, count, number, one_of, optional, text
from dlx.stored.form import listed as listed_form

CODE = Fields(
    needed={
        "x": optional(text),
        "kind": one_of("vector", "image", "sequence"),
        "channels": one_of("first", "last"),
        "shape": listed_form(count),
        "dtype": text,
        "largest": number,
    }
)


def frame_pair(frame: pd.DataFrame, expected: str) -> Pair:
    """Return the columns of a frame as features of vectors.

    Raises:
        ConfigError: a column holds no numbers, or there are no rows.
    """
    try:
        return Pair(frame.to_numpy(dtype=np.float64), None, "its columns", "")
    except (ValueError, TypeError) as error:
        raise ConfigError(f"the frame does not hold numbers only ({error}); expected {expected}") from None


def pairs_of(path: Path, name: str | None) -> list[Pair]:
    """Return the inputs of a file: of the name that they had in the training, of a usual one, or of all splits."""
    arrays, single, _ = opened(path, None, None)
    parts = in_parts(arrays)
    if name not in arrays and parts:
        return [Pair(arrays[x], None, x, "") for x, _ in parts.values()]
    x = chosen(arrays, name if name in arrays else single, INPUTS, "x", path)
    return [Pair(arrays[x], None, x, "")]


def read_new_arrays(source: object, encoding: Mapping[str, Any], choices: Choices) -> NewExamples:
    """Return the inputs of another file, without the examples that are not finite.

    Args:
        source: an npz archive, an npy file or a folder of them, or a frame whose columns are the features of vectors.
        encoding: what the training's inputs were, see `code_of`.
        choices: the keys of the dataset.

    Raises:
        ConfigError: there is no array of that shape and type, or no example can be predicted.
    """
    code = CODE(encoding, "encoding")
    expected = f"{code['dtype']} of {tuple(code['shape'])} for each example"
    if isinstance(source, pd.DataFrame):
        source, pairs = Path("the frame"), [frame_pair(source, expected)]
    elif isinstance(source, Path):
        pairs = pairs_of(source, code["x"])
    else:
        raise ConfigError(f"expected an .npz or .npy file with {expected}")
    for pair in pairs:
        fits = list(pair.x.shape[1:]) == code["shape"] and pair.x.dtype.kind in "biuf"
        if not fits or largest(code["kind"], pair.x.dtype) != code["largest"]:
            raise ConfigError(
                f"{source}: {pair.x_name!r} holds {pair.x.dtype} of {pair.x.shape[1:]} for each example; expected "
                f"{expected}, as in the training"
            )
    inputs = inputs_of(pairs, code["kind"], replace(choices, channels=code["channels"]), source)
    wrong = [
        block.start + int(row)
        for block in blocks(inputs)
        for row in np.flatnonzero(~(np.abs(inputs[block]) <= LARGEST).reshape(len(inputs[block]), -1).all(1))
    ]
    if len(wrong) == len(inputs):
        raise ConfigError(f"{source}: none of {len(inputs)} examples holds finite numbers only")
    kept = np.setdiff1d(np.arange(len(inputs)), wrong)
    refused = tuple(f"{source}, example {row} (from 0): holds a number that is not finite" for row in wrong)
    return NewExamples(inputs[kept] if wrong else inputs, {"row": kept.tolist()}, refused)
