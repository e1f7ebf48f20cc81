"""Validation of the node `hydra`: it is what dlx and the command line set, and builds only launchers and the sweeper.

Hydra calls whatever `hydra.callbacks` and its logging name before a job starts, and writes into the folders that the
node gives. So nothing in it may come from a file, except that an experiment may say that it sweeps and over what. The
rest of the configuration is validated in dlx/config/gate.py.
"""

from __future__ import annotations

import logging
import logging.handlers
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dlx.config.node import TARGET
from dlx.errors import ConfigError

PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")
PLACES = ("hydra.launcher", "hydra.sweeper")
LOGGING = ("hydra.job_logging", "hydra.hydra_logging")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
OURS = ("DLX_", "HYDRA_", "PYTHON")  # prefixes of variables that decide which code runs
FREE = ("hydra.mode", "hydra.sweeper.params")  # what a file may set; the sweeper reads params as overrides
FILE = "hydra.mode and hydra.sweeper.params only"
SAID = f"is set by a file; of Hydra's own keys a file may set {FILE}, the others are given on the command line"
WRITTEN = ("hydra.overrides", "hydra.runtime", "hydra.job.override_dirname", "hydra.job.config_name")  # by Hydra
MISSING = object()
DEEPEST = 30


def check(config: DictConfig, trusted: DictConfig) -> None:
    """Check Hydra's own node of a composed configuration.

    Args:
        config: the configuration.
        trusted: a configuration with the node as dlx and the command line set it.

    Raises:
        ConfigError: If a file changes the node, if it names a class or function that is not allowed, or if it sets an
            environment variable that only the shell may set; the message names the key.
    """
    found, meant = raw(config, "hydra"), raw(trusted, "hydra")
    for path in different(found, meant, "hydra"):
        raise ConfigError(f"{path}: {SAID}")
    chosen, ours = found["runtime"]["choices"], meant["runtime"]["choices"]
    for group in {*chosen, *ours}:
        if str(group).startswith("hydra/") and chosen.get(group) != ours.get(group):
            raise ConfigError(f"{group}: is chosen by a file; Hydra's own options are given on the command line")
    node = config.hydra
    for name in resolved(node, "callbacks") or {}:
        raise ConfigError(f"hydra.callbacks.{name}: is not allowed here; dlx has no callbacks of Hydra")
    check_params(resolved(node.sweeper, "params"))
    for name in ("launcher", "sweeper", "job_logging", "hydra_logging"):
        for path, key, value in leaves(resolved(node, name), f"hydra.{name}"):
            check_leaf(path, key, value)
    for name in resolved(node.job, "env_set") or {}:
        if str(name).startswith(OURS):
            raise ConfigError(f"hydra.job.env_set.{name}: may be set in the shell only, not by a configuration")


def check_params(params: Any) -> None:
    """Check the axes of an experiment: keys with values that can be read as overrides.

    Raises:
        ConfigError: If they are no mapping, or a value is neither a number, a text nor a list of them.
    """
    if params is not None and not isinstance(params, Mapping):
        raise ConfigError(f"hydra.sweeper.params: expected keys with the values to sweep over, got {params!r}")
    for key, value in (params or {}).items():
        if any(isinstance(item, Mapping | list) for item in (value if isinstance(value, list) else [value])):
            raise ConfigError(f"hydra.sweeper.params.{key}: expected the values to sweep over, such as 1,2,3")


def check_leaf(path: str, key: str, value: Any) -> None:
    """Check a value of the launcher, of the sweeper or of Hydra's logging.

    Args:
        path: path of the node that holds it.
        key: its key.
        value: its value, with interpolations resolved.

    Raises:
        ConfigError: If Hydra or Python's logging would build something else than a launcher or a handler.
    """
    place = f"{path}.{key}"
    if key == TARGET and not (path in PLACES and str(value).startswith(PLUGINS)):
        raise ConfigError(
            f"{place}: {value!r} is not allowed here; Hydra builds its own launchers only (hydra/launcher=...)"
        )
    if path.startswith(LOGGING):
        named = key in ("()", "queue", "listener") or (key == "class" and not of_logging(value))
        if named or (isinstance(value, str) and "://" in value and value not in STREAMS):
            raise ConfigError(f"{place}: {value!r} is not allowed here; expected a class of Python's logging")


def of_logging(name: Any) -> bool:
    """Return whether a dotted name is that of a handler or formatter which Python's logging itself defines."""
    module, _, cls = str(name).rpartition(".")
    if module not in (logging.__name__, logging.handlers.__name__):
        return False
    found = vars(logging if module == logging.__name__ else logging.handlers).get(cls)
    builds = isinstance(found, type) and issubclass(found, logging.Handler | logging.Formatter)
    return builds and found.__module__ == module  # type: ignore[union-attr]


def raw(config: DictConfig, name: str) -> Any:
    """Return a node as plain containers in which interpolations are texts."""
    return OmegaConf.to_container(config[name], resolve=False, enum_to_str=True)


def different(found: Any, meant: Any, path: str) -> Iterator[str]:
    """Yield the path of each difference between two nodes, except where a file or Hydra may write."""
    if path in (*FREE, *WRITTEN):
        return
    if isinstance(found, Mapping) and isinstance(meant, Mapping):
        for key in dict.fromkeys([*found, *meant]):
            yield from different(found.get(key, MISSING), meant.get(key, MISSING), f"{path}.{key}")
    elif found is MISSING or meant is MISSING or found != meant:
        yield path


def resolved(node: Any, key: Any, depth: int = 0) -> Any:
    """Return a value of a node as plain containers; what cannot be resolved yet remains as it is written.

    Raises:
        ConfigError: If the value contains itself.
    """
    if depth > DEEPEST:
        raise ConfigError(f"{node._get_full_key(key)}: is nested too deeply; does it refer to itself?")
    try:
        value = node[key]
    except OmegaConfBaseException as error:
        if isinstance(error.__cause__, ConfigError):
            raise error.__cause__ from None
        return node._get_node(key)._value()
    if OmegaConf.is_dict(value):
        return {name: resolved(value, name, depth + 1) for name in value}
    if OmegaConf.is_list(value):
        return [resolved(value, number, depth + 1) for number in range(len(value))]
    return value


def leaves(node: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield parent path, key and value of every leaf below a node, and of every class that is named by a container."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(value, Mapping | list):
            if key in (TARGET, "class", "()"):
                yield path, str(key), value
            yield from leaves(value, f"{path}.{key}")
        else:
            yield path, str(key), value
