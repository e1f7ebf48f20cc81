"""Validation of configuration nodes: the only place where a configuration selects a class.

A node names a class and its keys. The class must be on the allow-list of its group, and every key must be a
keyword-only parameter of its constructor with a value of the annotated kind. Parameters before the star are run-time
values that the program passes.
"""

from __future__ import annotations

import importlib
import inspect
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pkgutil import resolve_name
from typing import Any

from dlx import paths
from dlx.config import catalog, plain_options
from dlx.config.choice import Choice
from dlx.config.contract import fulfilled
from dlx.config.kinds import admits, describe, keys, node_of, show, too_large, words
from dlx.config.node import TARGET, keys_of, option_of, torch_options
from dlx.config.own import at_home, find_own, is_admitted
from dlx.config.shared_keys import SHARED, PlainKeys
from dlx.config.torch_classes import BASES, SWITCHES
from dlx.contracts.contract import Contract
from dlx.errors import ConfigError, nearest


def find(target: object, group: str, path: str) -> type:
    """Return the class of a dotted name. Modules outside the allow-list of the group are not imported.

    Args:
        target: dotted name of the class.
        group: group that the class must belong to.
        path: key that names the class, for error messages.

    Raises:
        ConfigError: If the target is not a class of this group.
    """
    if not isinstance(target, str) or not all(part.isidentifier() for part in target.split(".")):
        raise ConfigError(f"{path}.{TARGET}: expected the dotted name of a class, got {target!r}")
    module, _, name = target.rpartition(".")
    own = is_admitted(target)
    if module.startswith(f"dlx.{group}.") and module.count(".") == 2 and "._" not in module:
        base: type = object
    elif group in BASES and module == BASES[group][0]:
        base = resolve_name(f"{BASES[group][1]}:{BASES[group][2]}")
    elif own:
        return fulfilled(find_own(module, name, path), group, path)
    else:
        if group == "model" and module == plain_options.TORCH:
            raise ConfigError(f"{path}.{TARGET}: {target} needs {plain_options.REMEDY}")
        allowed = f"a class of dlx.{group}" + (f" or {BASES[group][0]}" if group in BASES else "")
        raise ConfigError(
            f"{path}.{TARGET}: {target!r} is not allowed here; expected {allowed}, "
            "or your own module admitted by name (--admit MODULE)"
        )
    try:
        home_module = importlib.import_module(module)
        found = getattr(home_module, name)  # the configuration gives the name
    except ImportError:
        raise ConfigError(f"{path}.{TARGET}: there is no class {target!r}{nearest(module, modules(group))}") from None
    except AttributeError:
        classes = [
            key for key, value in vars(home_module).items() if isinstance(value, type) and issubclass(value, base)
        ]
        raise ConfigError(f"{path}.{TARGET}: there is no class {target!r}{nearest(name, classes)}") from None
    # A class that an allowed module only imports does not belong to it: `dlx.paths.Path` would be pathlib's.
    if not isinstance(found, type) or found is base or not issubclass(found, base):
        raise ConfigError(f"{path}.{TARGET}: {target!r} is not a class of {module}")
    cls: type = found
    if not (
        of_torch(cls, group, target) if module in [place for place, *_ in BASES.values()] else at_home(cls, module)
    ):
        raise ConfigError(f"{path}.{TARGET}: {target!r} is not a class of {module} that {group} admits")
    return fulfilled(cls, group, path)


def of_torch(cls: type, group: str, target: str) -> bool:
    """Return whether a class of torch does what a group is for: torch defines it where the group's classes stand.

    A class that is defined elsewhere in torch, as Identity is, has an option of dlx.

    Args:
        cls: the class.
        group: the group.
        target: dotted name of the class as given.
    """
    return at_home(cls, BASES[group][3]) or target in torch_options()


def modules(group: str) -> list[str]:
    """Return the dotted names of the modules of a group."""
    return [f"dlx.{group}.{file.stem}" for file in (paths.PACKAGE / group).glob("[!_]*.py")]


def check_values(
    node: Mapping[str, Any], known: Mapping[str, Any], path: str, owner: str, ways: Mapping[str, str] | None = None
) -> None:
    """Check that all keys of a node are known and that their values have the right type and range.

    Args:
        node: node of the configuration.
        known: annotation of each known key.
        path: path of the node, "" for the top level.
        owner: name of the class or record that has these keys, for error messages.
        ways: how to find the value of a key, see `dlx.contracts.contract.Contract`.

    Raises:
        ConfigError: If a key is unknown, or a value is missing, of the wrong type or out of range; the message names
            the full key, what was expected and the nearest valid choice.
    """
    for key, value in node.items():
        full = f"{path}.{key}" if path else str(key)
        if key not in known:
            raise ConfigError(f"{full}: no such key of {owner}{nearest(str(key), known)}")
        if value == "???" or (value is None and not admits(known[key], None)):
            way = way_to(str(key), node, ways or {})
            raise ConfigError(f"{full}: needs a value ({describe(known[key])}); give it as {full}=...{way}")
        if is_dataclass(known[key]) and isinstance(value, Mapping):
            check_nested(value, known[key], full)
        elif not admits(known[key], value):
            hint = nearest(str(value), words(known[key]))
            hint = hint if "did you mean" in hint else ""  # the message lists all words already
            raise ConfigError(f"{full}: expected {describe(known[key])}, got {show(value)}{hint or too_large(value)}")


def way_to(key: str, node: Mapping[str, Any], ways: Mapping[str, str]) -> str:
    """Return how to find the value of a key, with the values of other keys as a shell takes them, or ""."""
    values = {name: name.upper() if value in ("???", None) else shlex.quote(str(value)) for name, value in node.items()}
    return f"; {ways[key].format_map(values)}" if key in ways else ""


def check_nested(node: Mapping[str, Any], cls: Any, path: str) -> None:
    """Check a mapping inside a node, which must have exactly the keys of a keyword-only dataclass.

    Raises:
        ConfigError: If a key is missing or `check_values` fails.
    """
    known = keys(cls)
    check_values(node, known, path, path)
    for key in known:
        if key not in node:
            raise ConfigError(f"{path}.{key}: missing; expected {describe(known[key])}")


def choice(node: Any, path: str, group: str = "") -> Choice:
    """Validate the node of an option and return it as a Choice.

    Args:
        node: mapping that names a class of the group and its keys.
        path: path of the node; its first segment is the group unless `group` is given.
        group: group of a node that is nested in another one.

    Raises:
        ConfigError: If the class is not allowed, a key or value is invalid, or a key without a default is missing.
    """
    group = group or path.split(".")[0]
    target = node.get(TARGET)
    cls, given, records = class_of(node, group, path)
    own = keys(cls)
    known = {**{name: kind for record in records for name, kind in keys(record).items()}, **own}
    contract: Any = Contract if cls.__module__.startswith("torch.") else cls
    check_values(given, known, path, cls.__name__, contract.ways)
    for key in missing_keys(cls, given):
        if key not in own:
            raise ConfigError(f"{path}.{TARGET}: {target} needs {key}, which a configuration cannot give")
        raise ConfigError(f"{path}.{key}: missing; {cls.__name__} needs it ({describe(own[key])})")
    nodes = {}
    for key, value in given.items():
        named = node_of(known[key])
        if named is not None and value is not None:
            nodes[key] = nested(value, named.group, f"{path}.{key}")
    values = {key: nodes.get(key, value) for key, value in given.items() if key in own}
    shared = {key: value for key, value in given.items() if key not in own}
    return Choice(option_of(target), target, cls, path, values, shared, nodes)


def class_of(node: Mapping[str, Any], group: str, path: str) -> tuple[type, dict[str, Any], tuple[type, ...]]:
    """Return the class of a node, its keys that are not run-time values, and the records of further keys that it has.

    A model with the key `accepts` is made of a module that knows nothing of dlx, see `dlx.config.plain_options`.

    Raises:
        ConfigError: If the class is not allowed.
    """
    target, given, records = node.get(TARGET), keys_of(node), SHARED.get(group, ())
    if group != "model" or plain_options.ACCEPTS not in given or str(target).startswith("dlx."):
        return find(target, group, path), given, records
    said = keys(PlainKeys)
    check_values({key: value for key, value in given.items() if key in said}, said, path, "a module")
    cls = plain_options.model_of(node, path)
    given = {key: value for key, value in given.items() if key not in cls.wired}
    return cls, given, (*records, PlainKeys)


def missing_keys(cls: type, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parameters that a constructor needs and that neither the configuration nor the program gives."""
    torch = cls.__module__.startswith("torch.")
    for name, parameter in inspect.signature(cls).parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind in (
            (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) if torch else (parameter.KEYWORD_ONLY,)
        )
        if needed and name not in given and not (torch and name in SWITCHES):
            yield name


def nested(value: Any, group: str, path: str) -> Choice:
    """Validate an option that is the value of a key and return it.

    Args:
        value: node of the option, or its name, for the keys in its file.
        group: group of the option.
        path: path of the key.

    Raises:
        ConfigError: If the option is invalid.
    """
    return choice(value, path, group) if isinstance(value, Mapping) else option(group, value, path)


def option(group: str, name: str, path: str, said: Mapping[str, Any] | None = None) -> Choice:
    """Validate an option given by its name and return it.

    Args:
        group: group of the option.
        name: name of the option; its keys are read from its file.
        path: path of the node, for error messages.
        said: keys that override those of the file.

    Raises:
        ConfigError: If the option does not exist or is invalid.
    """
    files = catalog.option_files(group)
    if name not in files:
        raise ConfigError(f"{path}: no such {group} {name!r}{nearest(name, files)}")
    return choice({**catalog.read(group, name).node, **(said or {})}, path, group)
