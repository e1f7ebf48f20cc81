"""Checks of a user's class against the contract of its group: its attributes and its constructor's parameters.

The program reads only attributes that a contract declares, so a misspelled attribute would be ignored silently. The
same holds for a constructor parameter with a default that the program does not pass. Both are errors.
"""

from __future__ import annotations

import difflib
import dis
import inspect
import types
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from dlx.contracts.contract import Contract
from dlx.errors import ConfigError, distance, nearest


@cache
def contract_of(group: str) -> type[Contract]:
    """Return the contract of a group: the subclass of Contract in the module of dlx/contracts/ of the same name."""
    module = import_module(f"dlx.contracts.{group}")
    found = [cls for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__]
    return next(cls for cls in found if issubclass(cls, Contract))


def plain_module_hint(group: str) -> str:
    """Return what the option of a model needs whose class is a module that knows nothing of dlx."""
    return "; a module that knows nothing of dlx has `accepts: vector` in its YAML file" if group == "model" else ""


@cache
def fulfilled(cls: type, group: str, path: str) -> type:
    """Return a class that has every attribute of its group's contract, with defaults for those that it omits.

    Args:
        cls: class to check; classes of torch are returned unchanged.
        group: group that the class belongs to.
        path: key that names the class, for error messages.

    Raises:
        ConfigError: If an attribute is misspelled, a required method is missing, or the constructor has a parameter
            that is not a run-time value of the group.
    """
    if cls.__module__.startswith("torch."):
        return cls
    contract, owner = contract_of(group), f"{path}: {cls.__module__}.{cls.__name__}"
    for attribute, meant in misspelt(cls, contract):
        raise ConfigError(
            f"{owner}.{attribute} is never asked for; did you mean {meant!r}? "
            "(an attribute of your own needs another name, or begins with _)"
        )
    for name in unknown_values(cls, contract):
        raise ConfigError(
            f"{owner} asks for {name}: no such run-time value{closest(name, contract.given)} "
            f"(a key of the YAML stands behind the star of the constructor{plain_module_hint(group)})"
        )
    found = cls if issubclass(cls, contract) or cls.__module__.startswith("dlx.") else with_defaults(cls, contract)
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))  # type: ignore[attr-defined]
        raise ConfigError(f"{owner} needs {missing}, see dlx/contracts/{group}.py")
    return found


def with_defaults(cls: type, contract: type[Contract]) -> type:
    """Return a subclass of a class and a contract that keeps the name, module and docstring of the class."""

    def body(namespace: dict[str, Any]) -> None:
        namespace |= {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}

    return types.new_class(cls.__name__, (cls, contract), exec_body=body)


def declared(contract: type[Contract]) -> set[str]:
    """Return the names of all public attributes and methods that a contract declares."""
    lineage = [base for base in contract.__mro__ if base.__module__.startswith("dlx.contracts.")]
    names = {name for base in lineage for name in vars(base) if not name.startswith("_")}
    return names - set(vars(Contract))  # `given` and `positional` belong to the program, not to the class


def misspelt(cls: type, contract: type[Contract]) -> Iterator[tuple[str, str]]:
    """Yield each misspelled attribute of a class together with the attribute of the contract that it resembles.

    Attributes that methods assign are included where more than a plural tells them apart (`self.target` is no slip of
    `targets`), and so are attributes of base classes in the same package.
    """
    names = declared(contract)
    top = cls.__module__.partition(".")[0]
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] == top and not base.__module__.startswith("dlx.contracts."):
            defined, set_later = set(vars(base)), set_by_methods(base)
            for attribute in sorted(defined | set_later):
                if not attribute.startswith("_") and attribute not in names:
                    near = [name for name in sorted(names) if is_slip(attribute, name)]
                    plural = [name for name in near if attribute.rstrip("s") == name.rstrip("s")]
                    yield from ((attribute, name) for name in near if attribute in defined or name not in plural)


def set_by_methods(cls: type) -> set[str]:
    """Return the names of the attributes that the methods of a class assign, on itself or on others."""
    functions = [value for value in vars(cls).values() if inspect.isfunction(value)]
    steps = (step for function in functions for step in dis.get_instructions(function))
    return {str(step.argval) for step in steps if step.opname == "STORE_ATTR"}


def is_slip(typed: str, meant: str) -> bool:
    """Return whether `typed` is probably a misspelling of `meant`.

    One edit is allowed, two from eight letters on; names of fewer than five letters never match.
    """
    return distance(typed, meant) <= (1 if len(meant) < 8 else 2) and min(len(typed), len(meant)) > 4


def unknown_values(cls: type, contract: type[Contract]) -> Iterator[str]:
    """Yield the parameters before the star of a constructor that are not run-time values of the group."""
    if constructor_module(cls).startswith("torch."):
        return
    parameters = inspect.signature(cls).parameters.values()
    before = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    yield from (name for name in before[contract.positional :] if name not in contract.given)


def closest(name: str, given: tuple[str, ...]) -> str:
    """Return a hint that names the most similar run-time value, e.g. dropout for `p_drop`."""
    near = difflib.get_close_matches(name, given, n=1)
    return f"; did you mean {near[0]!r}?" if near else nearest(name, given)


def constructor_module(cls: type) -> str:
    """Return the module that defines the constructor of a class, e.g. one of torch if the constructor is inherited."""
    return next((base.__module__ for base in cls.__mro__ if "__init__" in vars(base)), "")
