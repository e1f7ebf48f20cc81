"""Functions that read and validate the keys of a study; their error messages name the full path of a key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dlx.errors import ConfigError, nearest


def known(node: Any, where: str, keys: Iterable[str], required: Iterable[str] = ()) -> Mapping[str, Any]:
    """Return a node after checking its keys.

    Args:
        node: node of a study.
        where: path of the node.
        keys: known keys.
        required: keys that must have a value.

    Raises:
        ConfigError: If the node is not a mapping, has an unknown key or lacks a required one.
    """
    if not isinstance(node, Mapping):
        raise ConfigError(f"{where}: expected keys with values, got {node!r}")
    for key in node:
        if key not in keys:
            raise ConfigError(f"{where}.{key}: no such key{nearest(str(key), keys)}")
    for key in required:
        if node.get(key) is None:
            raise ConfigError(f"{where}.{key}: missing")
    return node


def number(node: Mapping[str, Any], key: str, where: str, least: float = -math.inf, open_: bool = False) -> float:
    """Return the value of a key as a number >= `least`, or > `least` if `open_` is true.

    Raises:
        ConfigError: If the value is missing, not a finite number, or too small.
    """
    value = node.get(key)
    kind = "a number" if least == -math.inf else f"a number {'>' if open_ else '>='} {least:g}"
    if value is None:
        raise ConfigError(f"{where}.{key}: missing; expected {kind}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{where}.{key}: expected {kind}, got {value!r}")
    if value < least or (open_ and value == least):
        raise ConfigError(f"{where}.{key}: expected {kind}, got {value:g}")
    return float(value)


def choice(value: Any, choices: Iterable[str], where: str) -> str:
    """Return a value that must be one of the choices.

    Raises:
        ConfigError: If it is not; the message lists the choices.
    """
    if value not in choices:
        missing, got = ("missing; ", "") if value is None else ("", f"; got {value!r}")
        raise ConfigError(f"{where}: {missing}expected one of {', '.join(choices)}{got}")
    return str(value)


def goal(node: Mapping[str, Any], where: str) -> bool | None:
    """Return whether the key `goal` is `max`, or None if it is not given; then the declared metric decides.

    Raises:
        ConfigError: If it is neither `min` nor `max`.
    """
    said = node.get("goal")
    return choice(said, ("min", "max"), f"{where}.goal") == "max" if said else None


def text(node: Mapping[str, Any], key: str, where: str) -> str:
    """Return the value of a key as a stripped string, or "" if it is not given.

    Raises:
        ConfigError: If the value is not a string.
    """
    value = node.get(key)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{where}.{key}: expected a sentence, got {value!r}")
    return (value or "").strip()


def flag(node: Mapping[str, Any], key: str, where: str) -> bool:
    """Return the value of a key as a boolean, or False if it is not given.

    Raises:
        ConfigError: If the value is not a boolean.
    """
    value = node.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{where}.{key}: expected true or false, got {value!r}")
    return value


def listed(value: Any) -> list[Any]:
    """Return a value as a list: None as an empty list, a list or tuple as a list, anything else as its only element."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
