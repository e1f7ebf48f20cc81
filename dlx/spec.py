"""The words that all parts share: kinds of values, and what a dataset offers a model."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True)
class Kind:
    """A range of numbers, written in a signature as `Annotated[int, Positive]`."""

    name: str
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False  # is the end itself excluded?
    open_high: bool = False

    def admits(self, value: float) -> bool:
        """Tell whether the value lies in the range."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    def __str__(self) -> str:
        """Say the range as a person would: `> 0`, `>= 1`, `in [0, 1]`."""
        if self.high == math.inf:
            return f"{'>' if self.open_low else '>='} {self.low:g}"
        return f"in {'(' if self.open_low else '['}{self.low:g}, {self.high:g}{')' if self.open_high else ']'}"


@dataclass(frozen=True)
class Length:
    """How many values a list has, written in a signature as `Annotated[list[float], BelowOne, Pair]`."""

    name: str
    count: int

    def __str__(self) -> str:
        """Say it as a person would."""
        return f"({self.count} values)"


@dataclass(frozen=True)
class Node:
    """A key that names another option, written in a signature as `Annotated[str, Node("initializer")]`.

    With `str` the configuration gives the option's name, with `Mapping` its node (`defaults: [/model@generator: mlp]`).
    A class is given the checked option, whose `make(...)` builds it.
    """

    group: str


LARGEST = 3.4028234663852886e38  # number of single precision, in which networks are computed

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
Form = Literal["vector", "map", "sequence"]  # an output once for an example, at every place, or at every step
# The words for every kind, as an input and as a target; messages and adapters read them here, and so a new kind is a
# line here and in FORMS.
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
# The form of what a network gives for a kind of target; None: that of its input.
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
    """What a dataset offers a model, batch dimension left out; `aimed`, what an objective builds the network for.

    Attributes:
        input: kind of one input. A `series` is a window of the past that the target continues; `none` is no data.
        shape: shape of one input: (features,), (channels, height, width), (time, features), or (time,) of tokens.
        target: kind of target: a class number, real numbers, the next values of the series, ...
        outputs: how many numbers the model returns at each place: classes, targets, horizon x series, or symbols.
        features: names of the input columns, or () where they have none.
        classes: names of the classes, or ().
        symbols: how many there are, of token inputs; 0 is padding, 1 begins a sequence, 2 ends one.
        steps: length of the longest answer, its end included, of token targets.
        form: whether the network gives one output for an example, for every place of a map, or for every step.
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

    def __str__(self) -> str:
        """Describe the data in a phrase: `images of 1x8x8 with 10 classes`."""
        if self.input == "none":
            return "no data at all"
        size = "x".join(str(n) for n in self.shape)
        words = WORDS["target"][self.target]
        target = f"{len(self.classes) or self.outputs} {words}" if self.target == "class" else f"{words} as targets"
        return f"{WORDS['input'][self.input]} of {size} with {target}"

    def aimed(self, outputs: int) -> DataSpec:
        """Return what a network is built for that gives so many numbers at each place, in the form of the target."""
        return replace(self, outputs=outputs, form=FORMS[self.target] or FORM_OF_INPUT[self.input])


def choice(role: Literal["input", "target"], kinds: Iterable[str]) -> str:
    """Return kinds in words, as alternatives: `images or sequences`."""
    return " or ".join(WORDS[role][kind] for kind in kinds)
