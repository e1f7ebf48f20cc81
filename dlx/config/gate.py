"""The one gate from configuration to object: each node is checked here, once, and no other class is ever called.

A node names a class and its keys. The class must be on the allow-list of its group, every key must be in its signature
with a value of the kind that stands there. Keyword-only parameters are the keys of
the YAML; what stands before the star is given at run time.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from dlx import paths
from dlx.config import catalog
from dlx.config.choice import Choice
from dlx.config.contract import fulfilled
from dlx.config.kinds import admits, describe, keys, node_of, show, too_large, words
from dlx.config.node import TARGET, keys_of, option_of
from dlx.config.shared_keys import SHARED
from dlx.config.torch_classes import BASES
from dlx.errors import ConfigError, nearest

ADMIT = "DLX_ADMIT"  # names of the user's own modules, separated by commas; set by --admit, never by a file


def admitted() -> set[str]:
    """Return the top-level modules of the user that --admit (or DLX_ADMIT) has named."""
    return {name for name in os.environ.get(ADMIT, "").split(",") if name}


def find(target: object, group: str, path: str) -> type:
    """Return the class of a dotted name, if the group's allow-list has it; nothing else is even imported.

    Raises:
        ConfigError: the target is no class of this group.
    """
    if not isinstance(target, str) or not all(part.isidentifier() for part in target.split(".")):
        raise ConfigError(f"{path}.{TARGET}: expected the dotted name of a class, got {target!r}")
    module, _, name = target.rpartition(".")
    own = module.split(".")[0] in admitted()
    if module.startswith(f"dlx.{group}.") and module.count(".") == 2:
        base: type = object
    elif group in BASES and module == BASES[group][0]:
        base = resolve_name(f"{BASES[group][1]}:{BASES[group][2]}")
    elif own:
        return fulfilled(find_own(module, name, path), group, path)
    else:
        allowed = f"a class of dlx.{group}" + (f" or {BASES[group][0]}" if group in BASES else "")
        raise ConfigError(
            f"{path}.{TARGET}: {target!r} is not allowed here; expected {allowed}, "
            "or your own module admitted by name (--admit MODULE)"
        )
    try:
        home_module = importlib.import_module(module)
        found = getattr(home_module, name)  # the name is the configuration's
    except ImportError:
        raise ConfigError(f"{path}.{TARGET}: there is no class {target!r}{nearest(module, modules(group))}") from None
    except AttributeError:
        classes = [
            key for key, value in vars(home_module).items() if isinstance(value, type) and issubclass(value, base)
        ]
        raise ConfigError(f"{path}.{TARGET}: there is no class {target!r}{nearest(name, classes)}") from None
    # A name imported into an allowed module is not of that module: `dlx.paths.Path` would be pathlib's.
    home = found.__module__ if isinstance(found, type) else ""
    at_home = home == module or (base is not object and home.startswith(BASES[group][0]))
    if not isinstance(found, type) or not at_home or not issubclass(found, base) or found is base:
        raise ConfigError(f"{path}.{TARGET}: {target!r} is not a class of {module}")
    cls: type = found
    return fulfilled(cls, group, path)


def modules(group: str) -> list[str]:
    """Return the modules of a group."""
    return [f"dlx.{group}.{file.stem}" for file in (paths.PACKAGE / group).glob("[!_]*.py")]


def find_own(module: str, name: str, path: str) -> type:
    """Return a class of the user's admitted module, which lies where the user stands or is installed.

    Raises:
        ConfigError: there is no such module or class, or the module itself fails.
    """
    here = Path.cwd()
    if str(here) not in sys.path:
        sys.path.append(str(here))
    top = module.split(".")[0]
    try:
        found = getattr(importlib.import_module(module), name, None)  # the name is the configuration's
    except ModuleNotFoundError as error:
        if error.name is not None and module.startswith(error.name):
            raise ConfigError(f"{path}.{TARGET}: there is no module {module!r} in {here}") from None
        raise ConfigError(f"{path}.{TARGET}: {module} cannot be imported: {error}") from error
    except Exception as error:  # the user's own code: its mistakes are the user's, whatever they are
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"{path}.{TARGET}: {module} cannot be imported: {reason} (--traceback shows where)"
        ) from error
    spec = sys.modules[top].__spec__
    source = spec.origin if spec is not None and spec.has_location else None
    if ((here / f"{top}.py").is_file() or (here / top).is_dir()) and source and not Path(source).is_relative_to(here):
        raise ConfigError(
            f"{path}.{TARGET}: another module is called {top} too ({source}); give {here / top} another name"
        )
    if not isinstance(found, type) or not found.__module__.startswith(top):
        classes = [key for key, value in vars(sys.modules[module]).items() if isinstance(value, type)]
        raise ConfigError(f"{path}.{TARGET}: {module} has no class {name!r}{nearest(name, classes)}")
    return found


def check_values(node: Mapping[str, Any], known: Mapping[str, Any], path: str, owner: str) -> None:
    """Refuse unknown keys, missing values, wrong types and values out of range.

    Raises:
        ConfigError: names the full key, what was expected and the nearest valid choice.
    """
    for key, value in node.items():
        full = f"{path}.{key}" if path else str(key)
        if key not in known:
            raise ConfigError(f"{full}: no such key of {owner}{nearest(str(key), known)}")
        if value == "???" or (value is None and not admits(known[key], None)):
            raise ConfigError(f"{full}: needs a value ({describe(known[key])}); give it as {full}=...")
        if is_dataclass(known[key]) and isinstance(value, Mapping):
            check_nested(value, known[key], full)
        elif not admits(known[key], value):
            hint = nearest(str(value), words(known[key]))
            hint = hint if "did you mean" in hint else ""  # all words are listed already
            raise ConfigError(f"{full}: expected {describe(known[key])}, got {show(value)}{hint or too_large(value)}")


def check_nested(node: Mapping[str, Any], cls: Any, path: str) -> None:
    """Check a mapping inside a node: its keys are those of a keyword-only dataclass, all of them.

    Raises:
        ConfigError: see `check_values`; also where a key is missing.
    """
    known = keys(cls)
    check_values(node, known, path, path)
    for key in known:
        if key not in node:
            raise ConfigError(f"{path}.{key}: missing; expected {describe(known[key])}")


def choice(node: Any, path: str, group: str = "") -> Choice:
    """Check the node of an option.

    Args:
        node: of the configuration: a mapping that names a class of the group.
        path: where it stands; its first segment is the group unless that is given.
        group: of a node inside another one.

    Raises:
        ConfigError: see `find` and `check_values`; also where a key without a default is missing.
    """
    group = group or path.split(".")[0]
    target = node.get(TARGET)
    cls = find(target, group, path)
    own, given = keys(cls), keys_of(node)
    known = {**{name: kind for record in SHARED.get(group, ()) for name, kind in keys(record).items()}, **own}
    check_values(given, known, path, cls.__name__)
    if not cls.__module__.startswith("torch."):
        signature = inspect.signature(cls).parameters
        for key in own:
            if key not in given and signature[key].default is inspect.Parameter.empty:
                raise ConfigError(f"{path}.{key}: missing; {cls.__name__} needs it ({describe(own[key])})")
    nodes = {}
    for key, value in given.items():
        named = node_of(known[key])
        if named is not None and value is not None:
            nodes[key] = nested(value, named.group, f"{path}.{key}")
    values = {key: nodes.get(key, value) for key, value in given.items() if key in own}
    shared = {key: value for key, value in given.items() if key not in own}
    return Choice(option_of(target), target, cls, path, values, shared, nodes)


def nested(value: Any, group: str, path: str) -> Choice:
    """Check an option that a key names: by its node, or by its name alone, with the keys of its file."""
    return choice(value, path, group) if isinstance(value, Mapping) else option(group, value, path)


def option(group: str, name: str, path: str, said: Mapping[str, Any] | None = None) -> Choice:
    """Check an option by its name, with the keys of its file and what else was said.

    Raises:
        ConfigError: there is no such option; or see `choice`.
    """
    files = catalog.option_files(group)
    if name not in files:
        raise ConfigError(f"{path}: no such {group} {name!r}{nearest(name, files)}")
    return choice({**catalog.read(group, name).node, **(said or {})}, path, group)
