"""Values of each kind that an annotation can name: just outside it, and at its edges.

They are derived from the annotations alone: nothing of dlx/kinds.py is asked what it admits.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from dlx.spec import LARGEST, Kind, Length

WORDS = ("", "abc", "é{}[]", "..", "a\0b", 3000 * "x")
SAMPLES: dict[str, Any] = {  # one value of each type that YAML knows
    "null": None,
    "bool": True,
    "word": "abc",
    "whole": 3,
    "broken": 1.5,
    "nan": math.nan,
    "infinite": math.inf,
    "minus infinite": -math.inf,
    "list": [],
    "mapping": {"a": 1},
}
TYPES: dict[Any, set[str]] = {
    type(None): {"null"},
    bool: {"bool"},
    str: {"word"},
    int: {"whole"},
    float: {"whole", "broken"},
    dict: {"mapping"},
}


def members(annotation: Any) -> list[Any]:
    """Return what a union joins, or the annotation alone."""
    return list(get_args(annotation)) if get_origin(annotation) in (Union, types.UnionType) else [annotation]


def bare(member: Any) -> tuple[Any, list[Kind], list[Length]]:
    """Return the type behind `Annotated`, the ranges and the lengths."""
    if get_origin(member) is not Annotated:
        return member, [], []
    base, *more = get_args(member)
    return base, [kind for kind in more if isinstance(kind, Kind)], [kind for kind in more if isinstance(kind, Length)]


def taken(member: Any) -> set[str]:
    """Return the names of the samples whose type a member of a union takes."""
    base, _, _ = bare(member)
    if get_origin(base) is Literal:
        return {name for name, sample in SAMPLES.items() if any(sample is word for word in get_args(base))}
    if get_origin(base) is list:
        return {"list"}
    return {"mapping"} if get_origin(base) in (dict, Mapping) or is_dataclass(base) else TYPES[base]


def just_outside(base: Any, ranges: list[Kind]) -> Iterator[tuple[str, Any]]:
    """Yield numbers just below and above ranges, each with the name of the range."""
    for kind in ranges:
        step = 1 if base is int else 0.1
        number = int if base is int else float
        if kind.low > -math.inf:
            yield kind.name, number(kind.low) - step
            if kind.open_low:
                yield kind.name, number(kind.low)
        if kind.high < math.inf:
            yield kind.name, number(kind.high) + step
            if kind.open_high:
                yield kind.name, number(kind.high)


def edges(member: Any) -> Iterator[tuple[str, Any]]:
    """Yield values of the right type that a member refuses, each with the name of the kind that is tried."""
    base, ranges, lengths = bare(member)
    if get_origin(base) is list:
        (inner,) = get_args(base)
        for kind, value in outside(Annotated[inner, *ranges] if ranges else inner):
            yield f"list of {kind}", [value]
        for length in lengths:
            yield length.name, [0.5] * (length.count + 1)
            yield length.name, [0.5] * (length.count - 1)
    elif get_origin(base) is Literal:
        for word in get_args(base):
            yield "Literal", f"{word}x" if isinstance(word, str) else word + 1000
    else:
        yield from just_outside(base, ranges)


def outside(annotation: Any) -> list[tuple[str, Any]]:
    """Return values that an annotation must refuse, each with the name of what refuses it.

    A value of a type is out for a union only if none of its members takes the type; a value outside the range of one
    member only if no other one takes its type.
    """
    every = members(annotation)
    types_taken = set().union(*map(taken, every))
    found = [(f"not {name}", sample) for name, sample in SAMPLES.items() if name not in types_taken]
    for member in every:
        others = set().union(*(taken(other) for other in every if other is not member))
        for kind, value in edges(member):
            type_of = next(name for name, sample in SAMPLES.items() if type(sample) is type(value))
            numbers = {"whole", "broken"} if type_of in ("whole", "broken") else {type_of}
            if not numbers & others:
                found.append((kind, value))
    return found


def inside(annotation: Any) -> Iterator[Any]:
    """Yield the smallest and largest values of a kind that any machine can hold, empty lists, odd words."""
    for member in members(annotation):
        base, ranges, lengths = bare(member)
        low = max((kind.low for kind in ranges), default=-math.inf)
        high = min((kind.high for kind in ranges), default=math.inf)
        open_low, open_high = any(kind.open_low for kind in ranges), any(kind.open_high for kind in ranges)
        if base is type(None):
            yield None
        elif base is bool:
            yield from (True, False)
        elif get_origin(base) is Literal:
            yield from get_args(base)
        elif base is str:
            yield from WORDS
        elif base is int:
            yield from (-(2**62), 0, 1) if low == -math.inf else (int(low) + open_low, int(low) + open_low + 1)
        elif base is float:
            yield -LARGEST if low == -math.inf else math.nextafter(low, math.inf) if open_low else low
            yield LARGEST if high == math.inf else math.nextafter(high, -math.inf) if open_high else high
        elif get_origin(base) is list:
            (inner,) = get_args(base)
            items = list(inside(Annotated[inner, *ranges] if ranges else inner))
            counts = [length.count for length in lengths] or [0, 1, 3]
            yield from ([item] * count for item in items for count in counts)
