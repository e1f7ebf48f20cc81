"""Shared definitions: ranges of numbers, kinds of inputs and targets, and the specification of a dataset."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True)
class Kind:
    """A range of numbers, used in annotations such as `Annotated[int, Positive]`.

    Attributes:
        name: its name.
        low: lower end.
        high: upper end.
        open_low: exclude the lower end.
        open_high: exclude the upper end.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def admits(self, value: float) -> bool:
        """Return whether the value is in the range."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    def __str__(self) -> str:
        """Return a description of the range: `> 0`, `>= 1`, `in [0, 1]`."""
        if self.high == math.inf:
            return f"{'>' if self.open_low else '>='} {self.low:g}"
        return f"in {'(' if self.open_low else '['}{self.low:g}, {self.high:g}{')' if self.open_high else ']'}"


@dataclass(frozen=True)
class Length:
    """The length of a list, used in annotations such as `Annotated[list[float], BelowOne, Pair]`."""

    name: str
    count: int

    def __str__(self) -> str:
        """Return a description of the length, e.g. `(2 values)`."""
        return f"({self.count} values)"


@dataclass(frozen=True)
class Node:
    """A key that names an option of another group, used in annotations such as `Annotated[str, Node("initializer")]`.

    With `str` the value in the configuration is the option's name, with `Mapping` it is the option's node
    (`defaults: [/model@generator: mlp]`). The constructor is given the validated option as a Choice; its method `make`
    builds the object.

    Attributes:
        group: group of the option.
    """

    group: str


DURATION = re.compile(r"\d+:\d{2}:\d{2}:\d{2}")  # days, hours, minutes and seconds, as Lightning writes a duration
TARGET = "_target_"  # Hydra's key for the dotted name of a class
LARGEST = 3.4028234663852886e38  # largest number in single precision, the default precision of networks

Positive = Kind("Positive", low=0, open_low=True)
NonNegative = Kind("NonNegative", low=0)
Fraction = Kind("Fraction", low=0, high=1)
OpenFraction = Kind("OpenFraction", low=0, high=1, open_low=True, open_high=True)
BelowOne = Kind("BelowOne", low=0, high=1, open_high=True)
AtLeastTwo = Kind("AtLeastTwo", low=2)
Angle = Kind("Angle", low=0, high=90, open_high=True)
Pair = Length("Pair", 2)
_ALL = (Positive, NonNegative, Fraction, OpenFraction, BelowOne, AtLeastTwo, Angle, Pair)
KINDS: dict[str, Kind | Length] = {kind.name: kind for kind in _ALL}

Input = Literal["vector", "image", "sequence", "series", "tokens", "none"]
Target = Literal["class", "number", "series", "labels", "mask", "boxes", "tokens", "tasks", "self", "none"]
# One output per example, per position of a map, per step, or per symbol of an answer of its own length.
Form = Literal["vector", "map", "sequence", "answer"]
SPECIAL_SYMBOLS = ("padding", "begin", "end")  # the symbols 0, 1 and 2 of every vocabulary
# Descriptions of every kind of input and target, for messages and adapters. A new kind is added here and to FORMS.
WORDS: dict[str, dict[str, str]] = {
    "input": {
        "vector": "vectors",
        "image": "images",
        "sequence": "sequences",
        "series": "series",
        "tokens": "sequences of symbols",
        "none": "no data",
    },
    "target": {  # `... as targets`
        "class": "classes",
        "number": "real numbers",
        "series": "the values that follow",
        "labels": "any number of labels",
        "mask": "a class for every pixel",
        "boxes": "boxes around objects",
        "tokens": "symbols",
        "tasks": "those of several tasks",
        "self": "the inputs themselves",
        "none": "nothing",
    },
}
# Form of a network's output by kind of target; None: the form of its input.
FORMS: dict[Target, Form | None] = {
    "class": "vector",
    "number": "vector",
    "series": "vector",
    "labels": "vector",
    "mask": "map",
    "boxes": "map",
    "tokens": "sequence",
    "tasks": "vector",
    "self": None,
    "none": None,
}
FORM_OF_INPUT: dict[Input, Form] = {
    "vector": "vector",
    "image": "map",
    "sequence": "sequence",
    "series": "sequence",
    "tokens": "sequence",
    "none": "vector",
}


@dataclass(frozen=True)
class DataSpec:
    """The specification of a dataset's inputs and targets, without the batch dimension.

    Attributes:
        input: kind of one input; `series` is a window of past values that the target continues, `none` is no data.
        shape: shape of one input: (features,), (channels, height, width), (time, features), or (time,) for tokens.
        target: kind of target: a class index, real numbers, the next values of the series, ...
        outputs: number of model outputs at each position: classes, targets, horizon x series, or symbols.
        features: names of the input columns; () if they have none.
        classes: names of the classes; () if there are none.
        symbols: size of the vocabulary of token inputs; 0 is padding, 1 starts a sequence, 2 ends it. Inputs that were
            converted to sequences have a feature for each symbol, 1 at the symbol of the step and 0 elsewhere.
        steps: length of the longest token target, including its end symbol.
        form: whether the network has one output per example, per position of a map, or per step.
        softmax: whether the softmax of the outputs gives the probabilities of the classes, so that only the differences
            of the outputs matter.
        padded: whether targets are padded, so that some of their weights are 0.
    """

    input: Input
    shape: tuple[int, ...]
    target: Target
    outputs: int
    features: tuple[str, ...] = field(default=(), compare=False)
    classes: tuple[str, ...] = field(default=(), compare=False)
    symbols: int = 0
    steps: int = 0
    form: Form = "vector"
    softmax: bool = False
    padded: bool = False

    def __str__(self) -> str:
        """Return a short description of the data, e.g. `images of 1x8x8 with 10 classes`."""
        if self.input == "none":
            return "none at all"
        size = "x".join(str(n) for n in self.shape)
        words = WORDS["target"][self.target]
        target = f"{len(self.classes) or self.outputs} {words}" if self.target == "class" else f"{words} as targets"
        return f"{WORDS['input'][self.input]} of {size} with {target}"

    def aimed(self, outputs: int) -> DataSpec:
        """Return the specification of a network with `outputs` outputs at each position, in the form of the target."""
        return replace(self, outputs=outputs, form=FORMS[self.target] or FORM_OF_INPUT[self.input])


def choice(role: Literal["input", "target"], kinds: Iterable[str]) -> str:
    """Return the descriptions of several kinds, joined by `or`: `images or sequences`."""
    return " or ".join(WORDS[role][kind] for kind in kinds)
