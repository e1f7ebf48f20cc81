"""The kinds of values that the keys of an option accept: descriptions and checks of type annotations."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from dlx.config.schema import OPTION, WORDS
from dlx.config.torch_classes import keys_of as torch_keys
from dlx.spec import LARGEST, Kind, Length, Node

BEYOND = 2**63  # smallest integer that does not fit torch's and NumPy's int64


@cache
def keys(cls: type) -> dict[str, Any]:
    """Return the keys of a class with their annotations: its keyword-only parameters, or the keys of a torch class."""
    if cls.__module__.startswith("torch."):
        return torch_keys(cls)
    # The hints of the class cover dataclasses, whose generated __init__ has no usable globals.
    hints = get_type_hints(cls.__init__, include_extras=True)  # type: ignore[misc]
    parameters = inspect.signature(cls).parameters.values()
    return {p.name: hints.get(p.name, Any) for p in parameters if p.kind is p.KEYWORD_ONLY}


def node_of(annotation: Any) -> Node | None:
    """Return the Node in an annotation, e.g. `Annotated[str, Node("initializer")] | None`, or None if it has none."""
    inner = get_args(annotation) if get_origin(annotation) is not Literal else ()
    found = [arg if isinstance(arg, Node) else node_of(arg) for arg in inner]
    return next(filter(None, found), None)


def describe(annotation: Any) -> str:
    """Return a description of the values that an annotation admits: `int > 0`, `valid|same`, `float or null`."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is type(None):
        return "null"
    if annotation is Any:
        return WORDS["Any"]
    if dict in (origin, annotation) or is_dataclass(annotation):
        return WORDS["dict"]
    if origin in (Union, types.UnionType):
        return " or ".join(describe(arg) for arg in args)
    if origin is Annotated and (node := node_of(annotation)):
        return OPTION.format(node.group)
    if origin is Annotated:
        return " ".join([describe(args[0]), *map(str, args[1:])])
    if origin is Literal:
        return "|".join(show(arg) if _is_word(arg) else str(arg) for arg in args)
    if origin is list:
        return f"list of {describe(args[0])}"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def admits(annotation: Any, value: Any) -> bool:
    """Return whether an annotation admits a value; a bool is not a number, and an int is accepted as a float."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return True
    if annotation in (None, type(None)):
        return value is None
    if origin in (Union, types.UnionType):
        return any(admits(arg, value) for arg in args)
    if origin is Literal:
        return value in args and type(value) in {type(arg) for arg in args}
    if origin is Annotated:
        kinds = [arg for arg in args[1:] if isinstance(arg, Kind)]
        values = value if isinstance(value, list) else [value]
        if not admits(args[0], value) or any(isinstance(arg, Length) and arg.count != len(values) for arg in args[1:]):
            return False
        return all(kind.admits(item) for kind in kinds for item in values)
    if origin is list or annotation is list:
        return isinstance(value, list) and all(admits(args[0], item) for item in value if args)
    if Mapping in (origin, annotation):
        return isinstance(value, Mapping)
    if origin is dict or annotation is dict:
        return isinstance(value, dict)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < BEYOND
    return isinstance(value, annotation)


def too_large(value: Any) -> str:
    """Return a hint at the largest number that can be represented if a value exceeds it, else ""."""
    if isinstance(value, int) and abs(value) >= BEYOND:
        return "; whole numbers go up to 2^63 - 1"
    return "; numbers go up to 3.4e38" if isinstance(value, float) and LARGEST < abs(value) < math.inf else ""


def words(annotation: Any) -> list[str]:
    """Return the words that an annotation admits, e.g. `valid` and `same`."""
    if get_origin(annotation) is Literal:
        return [str(arg) for arg in get_args(annotation)]
    return [word for arg in get_args(annotation) for word in words(arg)]


def show(value: Any) -> str:
    """Return a value as it is typed on the command line."""
    return {None: "null", True: "true", False: "false"}.get(value, repr(value)) if _is_word(value) else repr(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
