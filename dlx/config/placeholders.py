"""Words in the configuration of a module that stand for sizes of the data (`spec.outputs`) and values of the run.

A module that knows nothing of dlx is told its sizes by keys of its option: `in_features: spec.features`. The words are
replaced when a network is built, so a configuration holds them as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import Any

from dlx.spec import WORDS, DataSpec, Input

WORD = re.compile(r"(spec|run)\.(\w+)")
# Names of the axes of an input, by its kind.
AXES: dict[Input, tuple[str, ...]] = {
    "vector": ("features",),
    "image": ("channels", "height", "width"),
    "sequence": ("time", "features"),
    "series": ("time", "features"),
    "tokens": ("time",),
    "none": (),
}
# Sizes of the data, with their meaning.
SIZES: dict[str, str] = {
    "features": "features of an input, or of each of its steps",
    "channels": "channels of an image",
    "height": "height of an image in pixels",
    "width": "width of an image in pixels",
    "time": "steps of a sequence",
    "symbols": "symbols of the vocabulary of sequences of symbols",
    "inputs": "numbers in one input, the product of its shape",
    "outputs": "outputs of the network: classes, or numbers to predict",
}
# Values of the run, with their meaning.
VALUES: dict[str, str] = {
    "activation": "constructor of the nonlinearity that the group activation chooses",
    "normalization": "constructor of the layer that the group normalization chooses, given the number of features",
    "dropout": "probability of regularizer=dropout, 0 without it",
}

RUN_WORDS = tuple(f"run.{name}" for name in VALUES)


def words_in(value: Any) -> Iterator[str]:
    """Yield the words in a value that stand for others, e.g. `spec.outputs`, also those within lists and mappings."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from words_in(item)
    elif isinstance(value, str) and WORD.fullmatch(value):
        yield value


def known_words() -> list[str]:
    """Return all words that stand for a size or for a value of the run."""
    return [*(f"spec.{name}" for name in SIZES), *RUN_WORDS]


def filled(value: Any, spec: DataSpec) -> Any:
    """Return a value with the words for sizes replaced, also those within lists and mappings.

    Raises:
        ValueError: The data have no such size.
    """
    if isinstance(value, dict):
        return {key: filled(item, spec) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, spec) for item in value]
    return size_of(value, spec) if isinstance(value, str) and WORD.fullmatch(value) else value


def size_of(word: str, spec: DataSpec) -> int:
    """Return the size that a word stands for.

    Raises:
        ValueError: The data have no such size.
    """
    axes = dict(zip(AXES[spec.input], spec.shape, strict=True))
    sizes = {**axes, "inputs": prod(spec.shape), "outputs": spec.outputs}
    if spec.input == "tokens":
        sizes["symbols"] = spec.symbols
    name = word.removeprefix("spec.")
    if name not in sizes:
        expected = ", ".join(f"spec.{size}" for size in sizes)
        raise ValueError(f"{WORDS['input'][spec.input]} have no {word}; expected one of {expected}")
    return sizes[name]
