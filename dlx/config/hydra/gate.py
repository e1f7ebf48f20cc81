"""Validation of the node `hydra`: Hydra may instantiate only its launchers and the sweeper of dlx.

Hydra instantiates `hydra.callbacks` and logging handlers before a job starts, whichever file they come from. The rest
of the configuration is validated in dlx/config/gate.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dlx.config.node import TARGET
from dlx.errors import ConfigError

PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")
PLACES = (f"hydra.launcher.{TARGET}", f"hydra.sweeper.{TARGET}")
OURS = ("DLX_", "HYDRA_", "PYTHON")  # prefixes of variables that decide which code runs


def check(node: Mapping[str, Any]) -> None:
    """Check that the node `hydra` of a composed configuration names no class or function that is not allowed.

    Raises:
        ConfigError: If it does, or if it sets an environment variable that only the shell may set; the message names
            the key.
    """
    for path, key, value in leaves(node, "hydra"):
        place = f"{path}.{key}"
        if key == TARGET and not (place in PLACES and str(value).startswith(PLUGINS)):
            raise ConfigError(
                f"{place}: {value!r} is not allowed here; Hydra builds its own launchers only (hydra/launcher=...)"
            )
        if "logging" in path and (key == "()" or (key == "class" and not str(value).startswith("logging."))):
            raise ConfigError(f"{place}: {value!r} is not allowed here; expected a class of Python's logging")
        if path == "hydra.job.env_set" and key.startswith(OURS):
            raise ConfigError(f"{place}: may be set in the shell only, not by a configuration")


def leaves(node: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield parent path, key and value of every leaf below a node."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node)
    for key, value in items:
        if isinstance(value, Mapping | list):
            yield from leaves(value, f"{path}.{key}")
        else:
            yield path, str(key), value
