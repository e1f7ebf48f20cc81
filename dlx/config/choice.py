"""A chosen option of a group: its class and its validated keys."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import Any, TypeVar

from dlx.config.kinds import keys
from dlx.errors import ConfigError, located

Shared = TypeVar("Shared")


@dataclass(frozen=True)
class Choice:
    """A chosen option with validated keys.

    Attributes:
        option: its name, e.g. `mlp`.
        target: dotted name of its class as given, e.g. `dlx.model.mlp.MLP` or `torch.optim.SGD`.
        cls: its class.
        path: its path in the configuration, e.g. `model` or `regularizer.l1`.
        keys: values of the keys of its class; the value of a key that names another option is a Choice.
        shared: values given for the keys that all options of the group share (dlx/config/shared_keys.py), except those
            that the class declares itself.
        nodes: options that are named by keys, by the name of the key, e.g. the initializer of the recurrent weights.
    """

    option: str
    target: str
    cls: type
    path: str
    keys: Mapping[str, Any]
    shared: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Choice] = field(default_factory=dict)

    def make(self, /, *args: Any, **runtime: Any) -> Any:
        """Return a new instance of the class.

        Args:
            args: run-time values that every class of the group takes by position.
            runtime: run-time values by name; only those are passed that the constructor takes and that are no keys.

        Raises:
            ConfigError: If the constructor raises ValueError because its keys are not compatible.
        """
        given = {name: value for name, value in runtime.items() if self.takes(name)}
        try:
            return self.cls(*args, **given, **self.keys)
        except ValueError as error:
            raise ConfigError(located(self.path, str(error), keys(self.cls))) from error

    def takes(self, name: str) -> bool:
        """Return whether the program passes a value of this name to the constructor: a parameter that is no key."""
        return name in _not_keys(self.cls)

    def common(self, record: type[Shared]) -> Shared:
        """Return the shared keys of one record; keys that are not given have their defaults.

        Args:
            record: a dataclass of dlx/config/shared_keys.py.

        Raises:
            ConfigError: If a key without a default is missing.
        """
        for key in fields(record):  # type: ignore[arg-type]
            if key.name not in self.shared and key.default is MISSING and key.default_factory is MISSING:
                raise ConfigError(f"{self.path}.{key.name}: missing; every such {self.path} needs it")
        names = [key.name for key in fields(record)]  # type: ignore[arg-type]
        return record(**{name: self.shared[name] for name in names if name in self.shared})

    def having(self, **changed: Any) -> Choice:
        """Return a copy of the option with some values replaced; the new values are not validated."""
        own = {name: value for name, value in changed.items() if name in self.keys}
        shared = {name: value for name, value in changed.items() if name not in self.keys}
        return replace(self, keys={**self.keys, **own}, shared={**self.shared, **shared})


@cache
def _not_keys(cls: type) -> frozenset[str]:
    """Return the parameters of a constructor that are no keys; those of dlx's own classes stand before the star."""
    return frozenset(inspect.signature(cls).parameters) - frozenset(keys(cls))
