"""Nodes of the configuration: mappings that name a class under `_target_`, together with its keys.

Other modules use these functions, so the name `_target_` occurs only here and where it is defined (dlx/spec.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from dlx import paths
from dlx.config.torch_classes import BASES
from dlx.spec import TARGET

AUTO = "auto"  # value of `_target_` if the data decide which class is used (objective=auto)


def make_node(target: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node with the dotted name of a class and its keys."""
    return {TARGET: target, **keys}


def is_node(value: object) -> bool:
    """Return whether a value is a mapping that names a class."""
    return isinstance(value, Mapping) and TARGET in value


def target_of(node: Mapping[str, Any]) -> str:
    """Return the dotted name of the class of a node, or "" if it names none."""
    return str(node.get(TARGET) or "")


def keys_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a node with their values."""
    return {key: value for key, value in node.items() if key != TARGET}


def option_of(target: str) -> str:
    """Return the option of a class: the name of its module (`dlx.model.mlp.MLP` -> `mlp`).

    For a class of torch it is the shipped option that names the class.
    """
    parts = target.split(".")
    if parts[0] == "torch":
        return torch_options().get(target, parts[-1].lower())
    return parts[-2] if len(parts) > 1 else parts[-1].lower()


@cache
def torch_options() -> dict[str, str]:
    """Return the shipped option of each torch class, e.g. `torch.optim.lr_scheduler.StepLR` -> `step`.

    If several options name the same class, the alphabetically first one is returned.
    """
    found: dict[str, str] = {}
    for group in BASES:
        for file in sorted((paths.shipped("conf") / group).glob("[!_]*.yaml"), reverse=True):
            target = re.search(rf"^{TARGET}: (torch\.\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
            if target is not None:
                found[target[1]] = file.stem
    return found
