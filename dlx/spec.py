"""The words that all parts share: kinds of values, and what a dataset offers a model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
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

Input = Literal["vector", "image", "sequence", "series", "none"]
Target = Literal["class", "number", "series"]


@dataclass(frozen=True)
class DataSpec:
    """What a dataset offers a model, batch dimension left out.

    Attributes:
        input: kind of one input. A `series` is a window of the past that the target continues; `none` is no data.
        shape: shape of one input: (features,), (channels, height, width) or (time, features).
        target: kind of target: a class number, real numbers, or the next values of the series.
        outputs: how many numbers the model returns: classes, targets, or horizon x series.
        features: names of the input columns, or () where they have none.
        classes: names of the classes, or ().
    """

    input: Input
    shape: tuple[int, ...]
    target: Target
    outputs: int
    features: tuple[str, ...] = field(default=(), compare=False)
    classes: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Describe the data in a phrase: `images of 1x8x8 with 10 classes`."""
        if self.input == "none":
            return "no data at all"
        what = {"vector": "vectors", "image": "images", "sequence": "sequences", "series": "series"}[self.input]
        size = "x".join(str(n) for n in self.shape)
        target = {"class": f"{self.outputs} classes", "number": "real targets", "series": "the values that follow"}
        return f"{what} of {size} with {target[self.target]}"
