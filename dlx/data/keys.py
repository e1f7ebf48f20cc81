"""Refusal of dataset keys that do not apply to the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, asdict, fields
from typing import Any

from dlx.errors import ConfigError


def refuse_unless_neutral(keys: Any, names: Iterable[str], needs: str, got: object) -> None:
    """Refuse keys that do not apply to the data, unless they have their default value.

    Raises:
        ConfigError: names the first such key and the kind of data that it needs.
    """
    for key in fields(keys):
        neutral = key.default_factory() if key.default_factory is not MISSING else key.default
        if key.name in names and asdict(keys)[key.name] != neutral:
            raise ConfigError(f"dataset.{key.name}: needs {needs}; the dataset gives {got}")
