"""Reading the keys of a study: each is known, of the right kind, and named with its path when it is not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dlx.errors import ConfigError, nearest


def known(node: Any, where: str, keys: Iterable[str], required: Iterable[str] = ()) -> Mapping[str, Any]:
    """Return a mapping whose keys are all known.

    Raises:
        ConfigError: it is no mapping, has a key that does not exist, or lacks one that must be there.
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
    """Return a number that is at least `least` (greater where `open_`).

    Raises:
        ConfigError: it is missing, none, or too small.
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
    """Return one of the choices.

    Raises:
        ConfigError: it is none of them; names the nearest.
    """
    if value not in choices:
        raise ConfigError(f"{where}: expected one of {', '.join(choices)}; got {value!r}")
    return str(value)


def goal(node: Mapping[str, Any], where: str) -> bool | None:
    """Return whether `goal` is `max`; None where it is not said, so that the runs' own metrics decide.

    Raises:
        ConfigError: it is neither `min` nor `max`.
    """
    said = node.get("goal")
    return choice(said, ("min", "max"), f"{where}.goal") == "max" if said else None


def text(node: Mapping[str, Any], key: str, where: str) -> str:
    """Return a text; empty where it is not said."""
    value = node.get(key)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{where}.{key}: expected a sentence, got {value!r}")
    return (value or "").strip()


def flag(node: Mapping[str, Any], key: str, where: str) -> bool:
    """Return true or false; false where it is not said."""
    value = node.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{where}.{key}: expected true or false, got {value!r}")
    return value


def listed(value: Any) -> list[Any]:
    """Return a list as it is, nothing as an empty one, and anything else as a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
