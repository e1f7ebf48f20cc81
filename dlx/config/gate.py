"""The one gate from configuration to object: everything is checked here, and nothing else is ever called.

A node of the configuration names a class (`_target_`) and its keys. The class must be on the allow-list of its group,
every key must be in its signature with a value of the kind that stands there. Keyword-only parameters are the keys of
the YAML; what stands before the star is given at run time.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache, partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, get_type_hints

from dlx import paths
from dlx.config import torch_classes
from dlx.config.contract import fulfilled
from dlx.config.kinds import admits, describe, show, too_large, words
from dlx.config.torch_classes import BASES
from dlx.errors import ConfigError, located, nearest

ADMIT = "DLX_ADMIT"  # names of the user's own modules, separated by commas; set by --admit, never by a file


def admitted() -> set[str]:
    """Return the top-level modules of the user that --admit (or DLX_ADMIT) has named."""
    return {name for name in os.environ.get(ADMIT, "").split(",") if name}


def find(target: object, group: str, path: str) -> type:
    """Return the class that `_target_` names, if the group's allow-list has it; nothing else is even imported.

    Raises:
        ConfigError: the target is no class of this group.
    """
    if not isinstance(target, str) or not all(part.isidentifier() for part in target.split(".")):
        raise ConfigError(f"{path}._target_: expected the dotted name of a class, got {target!r}")
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
            f"{path}._target_: {target!r} is not allowed here; expected {allowed}, "
            "or your own module admitted by name (--admit MODULE)"
        )
    try:
        home_module = importlib.import_module(module)
        found = getattr(home_module, name)  # the name is the configuration's
    except ImportError:
        raise ConfigError(f"{path}._target_: there is no class {target!r}{nearest(module, modules(group))}") from None
    except AttributeError:
        classes = [
            key for key, value in vars(home_module).items() if isinstance(value, type) and issubclass(value, base)
        ]
        raise ConfigError(f"{path}._target_: there is no class {target!r}{nearest(name, classes)}") from None
    # A name imported into an allowed module is not of that module: `dlx.paths.Path` would be pathlib's.
    home = found.__module__ if isinstance(found, type) else ""
    at_home = home == module or (base is not object and home.startswith(BASES[group][0]))
    if not isinstance(found, type) or not at_home or not issubclass(found, base) or found is base:
        raise ConfigError(f"{path}._target_: {target!r} is not a class of {module}")
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
            raise ConfigError(f"{path}._target_: there is no module {module!r} in {here}") from None
        raise ConfigError(f"{path}._target_: {module} cannot be imported: {error}") from error
    except Exception as error:  # the user's own code: its mistakes are the user's, whatever they are
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"{path}._target_: {module} cannot be imported: {reason} (--traceback shows where)"
        ) from error
    spec = sys.modules[top].__spec__
    source = spec.origin if spec is not None and spec.has_location else None
    if ((here / f"{top}.py").is_file() or (here / top).is_dir()) and source and not Path(source).is_relative_to(here):
        raise ConfigError(
            f"{path}._target_: another module is called {top} too ({source}); give {here / top} another name"
        )
    if not isinstance(found, type) or not found.__module__.startswith(top):
        classes = [key for key, value in vars(sys.modules[module]).items() if isinstance(value, type)]
        raise ConfigError(f"{path}._target_: {module} has no class {name!r}{nearest(name, classes)}")
    return found


@cache
def keys(cls: type) -> dict[str, Any]:
    """Return the keys of a class with their annotations: keyword-only parameters, or torch's."""
    if cls.__module__.startswith("torch."):
        return torch_classes.keys_of(cls)
    # The hints of the class cover dataclasses, whose generated __init__ has no usable globals.
    hints = get_type_hints(cls.__init__, include_extras=True)  # type: ignore[misc]
    parameters = inspect.signature(cls).parameters.values()
    return {p.name: hints.get(p.name, Any) for p in parameters if p.kind is p.KEYWORD_ONLY}


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


def check(node: Mapping[str, Any], path: str, extra: Mapping[str, Any] | None = None) -> type:
    """Check one node and return its class; `extra` are further keys that the group has in common.

    Raises:
        ConfigError: see `find` and `check_values`; also where a key without a default is missing.
    """
    cls = find(node.get("_target_"), path.split(".")[0], path)
    known = keys(cls)
    given = {key: value for key, value in node.items() if key != "_target_"}
    check_values(given, {**(extra or {}), **known}, path, cls.__name__)
    if not cls.__module__.startswith("torch."):
        signature = inspect.signature(cls).parameters
        for key in known:
            if key not in given and signature[key].default is inspect.Parameter.empty:
                raise ConfigError(f"{path}.{key}: missing; {cls.__name__} needs it ({describe(known[key])})")
    return cls


def factory(node: Mapping[str, Any], path: str, extra: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """Check a node and return its constructor with all keys bound; call it with what is known at run time."""
    cls = check(node, path, extra)
    known = keys(cls)
    bound = {key: value for key, value in node.items() if key in known}
    return partial(_construct, cls, path, bound)


def _construct(cls: type, path: str, bound: dict[str, Any], /, *args: Any, **given: Any) -> Any:
    wanted = inspect.signature(cls).parameters
    given = {name: value for name, value in given.items() if name in wanted}
    try:
        return cls(*args, **given, **bound)
    except ValueError as error:  # a class refuses keys that do not go together
        raise ConfigError(located(path, str(error), keys(cls))) from error


def build(node: Mapping[str, Any], path: str, *args: Any, **given: Any) -> Any:
    """Check a node and build its object; `given` are run-time values, of which the class takes those it names."""
    return factory(node, path)(*args, **given)


def option_name(node: Mapping[str, Any]) -> str:
    """Return the option that a node came from."""
    return option_of(str(node.get("_target_", "")))


def option_of(target: str) -> str:
    """Return the option of a class: its file (`dlx.model.mlp.MLP` -> `mlp`), or the YAML that names torch's own."""
    parts = target.split(".")
    if parts[0] == "torch":
        return torch_options().get(target, parts[-1].lower())
    return parts[-2] if len(parts) > 1 else parts[-1].lower()


@cache
def torch_options() -> dict[str, str]:
    """Return the shipped options of torch's own classes: `torch.optim.lr_scheduler.StepLR` -> `step`.

    Where several options have one class the first of the alphabet stands for them.
    """
    found: dict[str, str] = {}
    for group in BASES:
        for file in sorted((paths.shipped("conf") / group).glob("[!_]*.yaml"), reverse=True):
            target = re.search(r"^_target_: (torch\.\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
            if target is not None:
                found[target[1]] = file.stem
    return found
