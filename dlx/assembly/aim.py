"""The objective chosen by what the data offer, and the data aimed at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from dlx.config import catalog, gate, schema
from dlx.contracts import Model, Objective
from dlx.data.prepared import Data
from dlx.errors import ConfigError
from dlx.spec import DataSpec, Target, choice


def objective_node(config: Mapping[str, Any], spec: DataSpec) -> dict[str, Any]:
    """Return the objective's node; `auto` takes the option that is usual for the target, with what else was said."""
    node = dict(config["objective"])
    if node.get("_target_") != "auto":
        return node
    file = catalog.option_files("objective")[usual(spec.target)]
    said = {key: value for key, value in node.items() if key != "_target_"}
    return {**yaml.safe_load(file.read_text(encoding="utf-8")), **said}


def usual(target: Target) -> str:
    """Return the option of the objective that is usual for a kind of target (`usual_for` of its class).

    Raises:
        ConfigError: there is none.
    """
    for name, file in catalog.option_files("objective").items():
        cls = str(yaml.safe_load(file.read_text(encoding="utf-8")).get("_target_", ""))
        if target in (schema.constant(cls, "usual_for") or ()):
            return name
    raise ConfigError(f"objective: none is usual for data with {choice('target', [target])} as targets; choose one")


def aimed(node: Mapping[str, Any], loaded: Data) -> Data:
    """Return the data with the target that the objective of a node learns from.

    Raises:
        ConfigError: a key of the objective is wrong, or the data offer no such target.
    """
    cls: type[Objective] = gate.check(node, "objective")
    data = loaded.aimed(cls.targets)
    if data is None:
        raise ConfigError(
            f"objective: {gate.option_name(node)} needs {choice('target', cls.targets)} as targets; the data are "
            f"{loaded.spec}; try objective={usual(loaded.spec.target)}"
        )
    return data


def check_fit(objective: Objective, name: str, model: type[Model], model_name: str) -> None:
    """Refuse a model that lacks parts that the objective needs, or cannot give outputs of its form.

    Raises:
        ConfigError: names what is lacking.
    """
    missing = [need for need in objective.needs if need not in model.parts and need not in dir(model)]
    if missing:
        raise ConfigError(f"objective={name}: needs a model with {' and '.join(missing)}; model={model_name} has none")
    form = objective.spec.form
    if form not in model.gives:
        where = {"vector": "an example", "map": "every place of a map", "sequence": "every step"}
        gives = " or ".join(where[form] for form in model.gives)
        raise ConfigError(
            f"objective={name}: needs an output for {where[form]}; model={model_name} gives one for {gives}"
        )
