"""Choice of the objective by the targets of the data, and of the targets by the objective."""

from __future__ import annotations

from dlx.config import catalog, parts, schema
from dlx.config.checked import Checked
from dlx.config.choice import Choice
from dlx.config.node import target_of
from dlx.config.suggest import models_giving, models_with
from dlx.config.yaml_file import read_mapping
from dlx.contracts.model import Model
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data
from dlx.errors import ConfigError
from dlx.spec import DataSpec, Input, Target, choice


def objective_of(checked: Checked, spec: DataSpec) -> Choice:
    """Return the chosen objective; with `objective=auto`, the usual one for the data.

    For a model that has other targets than the data's usual ones it is the usual one for those.
    """
    targets: tuple[Target, ...] = checked.model.cls.targets  # type: ignore[attr-defined]
    return checked.objective(
        lambda: usual(spec.target if not targets or spec.target in targets else targets[0], spec.input)
    )


def usual(target: Target, given: Input) -> str:
    """Return the option of the usual objective for a kind of target and of input (`usual_for` and `inputs`).

    Raises:
        ConfigError: No objective is declared as the usual one.
    """
    for name, file in catalog.option_files("objective").items():
        cls = str(target_of(read_mapping(file)))
        inputs = schema.constant(cls, "inputs")
        if target in (schema.constant(cls, "usual_for") or ()) and (not inputs or given in inputs):
            return name
    raise ConfigError(f"objective: none is usual for data with {choice('target', [target])} as targets; choose one")


def aimed(objective: Choice, loaded: Data) -> Data:
    """Return the data with the targets that an objective is trained on.

    Raises:
        ConfigError: The data offer no such targets.
    """
    cls: type[Objective] = objective.cls
    data = loaded.aimed(cls.targets)
    if data is None:
        raise ConfigError(
            f"objective: {objective.option} needs {choice('target', cls.targets)} as targets; the data are "
            f"{loaded.spec}; try objective={usual(loaded.spec.target, loaded.spec.input)}"
        )
    return data


def check_label_noise(dataset: Choice, objective: str, data: Data) -> None:
    """Refuse label noise, which replaces classes of examples, for an objective that learns another kind of target.

    Raises:
        ConfigError: The noise would have no effect.
    """
    if data.spec.target in data.offers and dataset.shared.get("label_noise"):
        learnt = choice("target", [data.spec.target])
        raise ConfigError(
            f"dataset.label_noise: replaces the classes of examples; objective={objective} has {learnt} as targets; "
            "expected 0"
        )


def check_fit(objective: Objective, name: str, model: Choice) -> None:
    """Refuse a model that lacks parts that the objective needs, or that has no outputs of the required form.

    Raises:
        ConfigError: The model lacks a part or cannot have such outputs; the message names it.
    """
    cls: type[Model] = model.cls
    missing = [need for need in objective.needs if need not in cls.parts and need not in dir(cls)]
    if missing:
        hint = models_with(objective.needs)
        if set(objective.needs) <= set(parts.names()):
            needed = " and ".join(f"{'an' if need[0] in 'aeiou' else 'a'} {need}" for need in objective.needs)
            has = " and ".join(cls.parts) or "no parts"
            raise ConfigError(f"objective={name} needs {needed}; model={model.option} has {has}{hint}")
        raise ConfigError(
            f"objective={name}: needs a model with {' and '.join(missing)}; model={model.option} has none{hint}"
        )
    if cls.is_solved() and not objective.closed_form:
        raise ConfigError(
            f"objective={name}: is trained by gradient descent, but model={model.option} is solved in closed form for "
            "the targets alone; choose another model"
        )
    if cls.targets and objective.spec.target not in cls.targets:
        learnt = choice("target", [objective.spec.target])
        raise ConfigError(f"objective={name}: has {learnt} as targets, which model={model.option} cannot give")
    form = objective.spec.form
    if form not in cls.gives:
        where = {
            "vector": "an example",
            "map": "every place of a map",
            "sequence": "every step",
            "answer": "every symbol of an answer, which takes an encoder and a decoder",
        }
        gives = " or ".join(where[form] for form in cls.gives)
        raise ConfigError(
            f"objective={name}: needs an output for {where[form]}; model={model.option} gives one for {gives}"
            f"{models_giving(form, objective.spec.target)}"
        )
