"""One chosen option: its class, and its keys as the gate has checked them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, TypeVar

from dlx.config.kinds import keys
from dlx.errors import ConfigError, located

Shared = TypeVar("Shared")


@dataclass(frozen=True)
class Choice:
    """One chosen option, its keys checked.

    Attributes:
        option: its name: `mlp`.
        target: the dotted name of its class as it was given: `dlx.model.mlp.MLP`, `torch.optim.SGD`.
        cls: its class.
        path: where it stands in the configuration: `model`, `regularizer.l1`.
        keys: the values of the keys of its class; a key that names another option holds a Choice.
        shared: of the keys that all options of the group have in common (dlx/config/shared_keys.py) those that are
            given; a key of that name that the class has itself is not among them.
        nodes: by key, the options that keys of either kind name: the initializer of the recurrent weights.
    """

    option: str
    target: str
    cls: type
    path: str
    keys: Mapping[str, Any]
    shared: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Choice] = field(default_factory=dict)

    def make(self, /, *args: Any, **runtime: Any) -> Any:
        """Return a new object of the class.

        Args:
            args: run-time values that every class of the group takes.
            runtime: further ones, of which the class is given those that its constructor names.

        Raises:
            ConfigError: the class refuses keys that do not go together (by ValueError).
        """
        wanted = inspect.signature(self.cls).parameters
        given = {name: value for name, value in runtime.items() if name in wanted}
        try:
            return self.cls(*args, **given, **self.keys)
        except ValueError as error:
            raise ConfigError(located(self.path, str(error), keys(self.cls))) from error

    def takes(self, name: str) -> bool:
        """Return whether the constructor of the class names a run-time value."""
        return name in inspect.signature(self.cls).parameters

    def common(self, record: type[Shared]) -> Shared:
        """Return those of the shared keys that belong to a record of them; what is not given is neutral.

        Raises:
            ConfigError: a key without a neutral value is missing.
        """
        for key in fields(record):  # type: ignore[arg-type]
            if key.name not in self.shared and key.default is MISSING and key.default_factory is MISSING:
                raise ConfigError(f"{self.path}.{key.name}: missing; every such {self.path} needs it")
        names = [key.name for key in fields(record)]  # type: ignore[arg-type]
        return record(**{name: self.shared[name] for name in names if name in self.shared})

    def having(self, **changed: Any) -> Choice:
        """Return the same option with other values of some keys; they are not checked again."""
        own = {name: value for name, value in changed.items() if name in self.keys}
        shared = {name: value for name, value in changed.items() if name not in self.keys}
        return replace(self, keys={**self.keys, **own}, shared={**self.shared, **shared})
