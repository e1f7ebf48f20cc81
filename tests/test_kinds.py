"""Every value out of range in every key of every option is refused before anything is trained, by name and kind.

The values are derived here from the annotations alone: nothing of dlx/kinds.py is asked what it admits.
"""

from __future__ import annotations

import copy
import math
import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest

from dlx import build, catalog, kinds, settings, spec
from dlx.assemble import assemble
from dlx.errors import ConfigError
from dlx.spec import Kind, Length
from tests.test_options import WITH

OPTIONS = [
    f"{group}={name}" for group in catalog.groups() if group != "experiment" for name in catalog.option_files(group)
]
BESIDE = {
    **WITH,
    "dataset=csv": ["dataset.path=table.csv", "dataset.target=y"],
    "dataset=csv_series": ["dataset.path=series.csv"],
    "trainer=ddp": ["trainer.devices=1"],
    "trainer=gpu": ["trainer.accelerator=cpu"],
    "trainer=mps": ["trainer.accelerator=cpu"],
}
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
    return {"mapping"} if get_origin(base) is dict or is_dataclass(base) else TYPES[base]


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


def keys_of(group: str, name: str) -> dict[str, Any]:
    """Return every key of an option as it is typed, nested ones too, with its annotation."""
    option = catalog.read(group, name)
    if group in ("trainer", "streams", "metrics"):
        classes = {"trainer": settings.TrainerSettings, "streams": settings.StreamSettings}
        return {f"{group}.{key}": kind for key, kind in build.keys(classes.get(group, settings.MetricSettings)).items()}
    found = {}
    for path, node in catalog.parts(option):
        known: dict[str, Any] = {}
        for target in catalog.IN_COMMON.get(group, ()):
            module, _, cls = target.rpartition(".")
            known |= build.keys(getattr(__import__(module, fromlist=[cls]), cls))
        if node["_target_"] != "auto":
            known |= build.keys(build.find(node["_target_"], group, path))
        listed = {item.path.removeprefix(f"{path}.") for item in catalog.keys(option)}
        found |= {f"{path}.{key}": kind for key, kind in known.items() if key in listed}
    nested = {path: kind for path, kind in found.items() if is_dataclass(kind)}
    return found | {f"{path}.{key}": k for path, kind in nested.items() for key, k in build.keys(kind).items()}


def put(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a configuration with another value at a path."""
    changed = copy.copy(config)
    head, _, rest = path.partition(".")
    changed[head] = put(changed[head], rest, value) if rest else value
    return changed


def answer(config: dict[str, Any]) -> str:
    """Return what is answered to a configuration, or nothing."""
    try:
        assemble(config)
    except ConfigError as error:
        return str(error)
    return ""


def told(message: str, path: str, annotation: Any, value: Any) -> bool:
    """Tell whether a message names the key as it is typed, and what was expected."""
    if is_dataclass(annotation) and isinstance(value, dict):
        return message.startswith(f"{path}.a: no such key")
    return message.startswith(f"{path}: ") and kinds.describe(annotation) in message and "\n" not in message


@pytest.mark.parametrize("option", OPTIONS)
def test_every_key_refuses_what_is_outside_its_kind(option: str, config: Callable[..., dict[str, Any]]) -> None:
    group, _, name = option.partition("=")
    composed = config(option, *BESIDE.get(option, []))
    for path, annotation in keys_of(group, name).items():
        bad = outside(annotation)
        assert len(bad) >= len(SAMPLES) - 5, f"{path} takes anything: {kinds.describe(annotation)}"
        for _, value in bad:
            message = answer(put(composed, path, value))
            assert told(message, path, annotation, value), f"{path}={value!r}: {message or 'is taken'}"


RUN = {name: kind for name, kind in build.keys(settings.RunSettings).items() if get_origin(kind) is not dict}


def test_every_key_of_a_run_refuses_what_is_outside_its_kind(config: Callable[..., dict[str, Any]]) -> None:
    composed = config()
    for name, annotation in RUN.items():
        for _, value in outside(annotation):
            message = answer(put(composed, name, value))
            assert told(message, name, annotation, value), f"{name}={value!r}: {message or 'is taken'}"


def test_no_kind_of_the_vocabulary_goes_untried() -> None:
    tried = {
        kind.removeprefix("list of ")
        for option in OPTIONS
        for annotation in keys_of(*option.split("=")).values()
        for kind, _ in outside(annotation)
    }
    assert set(spec.KINDS) | {"Literal"} | {f"not {name}" for name in SAMPLES} <= tried


def test_what_stands_when_nothing_is_said_is_of_its_kind() -> None:
    for target in {target for targets in catalog.IN_COMMON.values() for target in targets}:
        module, _, name = target.rpartition(".")
        cls = getattr(__import__(module, fromlist=[name]), name)
        for key in fields(cls):
            neutral = key.default_factory() if key.default_factory is not MISSING else key.default
            assert neutral is MISSING or kinds.admits(build.keys(cls)[key.name], neutral), f"{name}.{key.name}"
