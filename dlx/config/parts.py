"""Groups that a part of a network has of its own, e.g. `discriminator.optimizer=sgd trunk.optimizer.lr=1e-4`.

A part is a named set of parameters that the class of a model declares (`parts`). In a composed configuration it is a
node at the top level, `{discriminator: {optimizer: {option: sgd, lr: 4e-4}}}` or short `{optimizer: sgd}`. Without an
option, the keys are set on that of the run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dlx.config import catalog, schema
from dlx.config.node import is_node, target_of
from dlx.config.settings import RunSettings
from dlx.errors import ConfigError, nearest

GROUPS = ("optimizer", "scheduler", "initializer", "activation", "normalization")  # what a part may have of its own
OPTION = "option"  # key of a part's node that names the option
KEY = re.compile(rf"(?:\+\+)?(?P<part>\w+)\.(?P<group>{'|'.join(GROUPS)})(?P<rest>(?:\.\w+)*)$")


def is_part_key(key: str) -> bool:
    """Return whether a key such as `discriminator.optimizer.lr` refers to a group of a part."""
    match = KEY.match(key)
    return match is not None and match["part"] not in {field.name for field in fields(RunSettings)}


def written(override: str) -> str:
    """Return an override as Hydra takes it; those that do not refer to a part or a nested model are returned unchanged.

    `discriminator.optimizer=sgd` becomes `++discriminator.optimizer.option=sgd`, because the keys of a part are not in
    the configuration until they are set, and `model.discriminator=cnn` becomes `model@model.discriminator=cnn`.
    """
    key, equals, value = override.partition("=")
    if not equals:
        return override
    if is_part_key(key):
        whole = f"++{key.removeprefix('++')}"
        return f"{whole}.{OPTION}={value}" if key.endswith(GROUPS) else f"{whole}={value}"
    nested = re.match(r"model\.(\w+)$", key)
    if nested and chooses_models(value) and nested[1] in nested_models():
        return f"model@{override}"
    return override


def label(key: str) -> str:
    """Return the key of an override of `written` as it was typed: `discriminator.optimizer`."""
    return key.removeprefix("++").removesuffix(f".{OPTION}") if is_part_key(key) else key


def typed(override: str) -> str:
    """Return an override of `written` as it is typed: `discriminator.optimizer=sgd`, `model.discriminator=cnn`."""
    key, equals, value = override.partition("=")
    if is_part_key(key):
        return f"{label(key)}{equals}{value}"
    return override.removeprefix("model@") if key.startswith("model@model.") else override


def chooses_models(value: str) -> bool:
    """Return whether a value is an option of the group model, or a list of them for a sweep."""
    options = catalog.option_files("model")
    return all(name.strip() in options for name in value.split(","))


def nested_models() -> set[str]:
    """Return the keys of all models that name a model of their own, e.g. `discriminator` of `model=gan`."""
    options = [catalog.read("model", name) for name in catalog.option_files("model")]
    return {key for option in options for key, value in option.node.items() if is_node(value)}


def names() -> list[str]:
    """Return the parts of all models."""
    return sorted({part for name in catalog.option_files("model") for part in parts_of(name)})


def parts_of(model: str) -> tuple[str, ...]:
    """Return the parts that the class of an option of the group model declares; () if its file cannot be read."""
    try:
        return tuple(schema.constant(target_of(catalog.read("model", model).node), "parts") or ())
    except SyntaxError:  # reported by the gate if the model is chosen
        return ()


def present(config: Mapping[str, Any]) -> list[str]:
    """Return the keys at the top level of a configuration that are parts of some model."""
    others = [key for key in config if key not in {field.name for field in fields(RunSettings)}]
    known = names() if others and "model" in config else ()  # the files of all models are read only if necessary
    return [key for key in others if key in known]


def expanded(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a composed configuration with whole nodes for the groups of parts, and without those equal to the run's.

    Raises:
        ConfigError: A part has no such group, or the group no such option.
    """
    found = dict(config)
    for part in present(config):
        check_groups(part, config[part])
        whole = {group: whole_node(config, group, said, f"{part}.{group}") for group, said in config[part].items()}
        found[part] = {group: value for group, value in whole.items() if value != config[group]}
        if not found[part]:
            del found[part]
    return found


def check_groups(part: str, node: Any) -> None:
    """Refuse a node of a part that has other keys than `GROUPS`.

    Raises:
        ConfigError: It has one; the message names the nearest group.
    """
    if not isinstance(node, Mapping):
        raise ConfigError(f"{part}: a part has groups of its own{nearest('', GROUPS)}; got {node!r}")
    for group in node:
        if group not in GROUPS:
            raise ConfigError(f"{part}.{group}: no such group of a part{nearest(str(group), GROUPS)}")


def whole_node(config: Mapping[str, Any], group: str, said: Any, path: str) -> dict[str, Any]:
    """Return the node of a part's option with all its keys.

    Args:
        config: composed configuration.
        group: group of the option.
        said: name of the option, or a mapping of keys with the name under `option`; without it, that of the run.
        path: path of the node, for error messages.

    Raises:
        ConfigError: There is no such option.
    """
    if is_node(said):
        return dict(said)
    keys = dict(said) if isinstance(said, Mapping) else {OPTION: said}
    option = keys.pop(OPTION, None)
    if option is None:
        return {**config[group], **keys}
    options = catalog.option_files(group)
    if option not in options:
        raise ConfigError(f"{path}={option}: no such {group}{nearest(str(option), options, f'dlx axes {group}')}")
    return {**resolved(catalog.read(group, str(option)).node, config), **keys}


def resolved(node: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node of a file with interpolations such as `${trainer.max_epochs}` replaced by values of the run."""
    found = dict(node)
    for key, value in node.items():
        reference = re.fullmatch(r"\$\{([\w.]+)\}", value) if isinstance(value, str) else None
        if reference is not None:
            place: Any = config
            for step in reference[1].split("."):
                place = place[step]
            found[key] = place
    return found


def check_part(part: str, declared: tuple[str, ...], model: str) -> None:
    """Refuse a part that the model does not have.

    Raises:
        ConfigError: The model has no such part; the message names those that it has.
    """
    if part in declared:
        return
    having = [f"model={name}" for name in catalog.option_files("model") if part in parts_of(name)]
    own = f"it has {' and '.join(declared)}" if declared else "it has none"
    hint = f"; try {', '.join(having[:4])}" if having else ""
    raise ConfigError(f"{part}: model={model} has no such part; {own}{hint}")
