"""Keys of a dataset that have no meaning for some data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields

from dlx.errors import ConfigError


def refuse_unless_neutral(keys: object, names: Iterable[str], needs: str, got: object) -> None:
    """Refuse keys that have no meaning for the data, unless they stand at their neutral value.

    Raises:
        ConfigError: names the first such key and what it would need.
    """
    for key in fields(keys):  # type: ignore[arg-type]
        neutral = key.default_factory() if key.default_factory is not MISSING else key.default
        if key.name in names and getattr(keys, key.name) != neutral:
            raise ConfigError(f"dataset.{key.name}: needs {needs}; the dataset gives {got}")
