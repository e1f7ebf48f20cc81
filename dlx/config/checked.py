"""A checked configuration: of each group the class that was chosen with its keys, and the settings of the run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from dlx.config import gate
from dlx.config.choice import Choice
from dlx.config.kinds import describe, keys
from dlx.config.node import AUTO, keys_of, target_of
from dlx.config.settings import MetricSettings, RunSettings, StreamSettings, TrainerSettings
from dlx.errors import ConfigError, nearest

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class Checked:
    """A configuration in which every key is known, every value is of its kind and every class is one of its group's.

    Whether the options fit each other and the data is seen when they are put together (dlx/assembly).

    Attributes:
        config: the configuration as it was composed, for identities and for variants of it.
        objective: checks and returns the objective, given the option that the data ask for, which `auto` takes.
        regularizer: the members of this list group by name; of diagnostics likewise.
    """

    config: Mapping[str, Any]
    seed: int
    trainer: TrainerSettings
    streams: StreamSettings
    metrics: MetricSettings
    dataset: Choice
    model: Choice
    objective: Callable[[str], Choice]
    regularizer: Mapping[str, Choice]
    augmentation: Choice
    diagnostics: Mapping[str, Choice]
    optimizer: Choice
    scheduler: Choice
    job: Choice
    activation: Choice
    normalization: Choice
    initializer: Choice


def check_config(config: Mapping[str, Any]) -> Checked:
    """Check a whole configuration: every key, every value, every class.

    Args:
        config: plain containers, interpolations resolved.

    Raises:
        ConfigError: names the key, what was expected and the nearest valid choice.
    """
    gate.check_values(config, keys(RunSettings), "", "a run")
    for name in keys(RunSettings):
        if name not in config:
            raise ConfigError(f"{name}: missing from the configuration")
    return Checked(
        config=config,
        seed=config["seed"],
        trainer=settings(TrainerSettings, config["trainer"], "trainer"),
        streams=settings(StreamSettings, config["streams"], "streams"),
        metrics=settings(MetricSettings, config["metrics"], "metrics"),
        dataset=gate.choice(config["dataset"], "dataset"),
        model=gate.choice(config["model"], "model"),
        objective=partial(objective, config["objective"]),
        regularizer=members(config["regularizer"], "regularizer"),
        augmentation=gate.choice(config["augmentation"], "augmentation"),
        diagnostics=members(config["diagnostics"], "diagnostics"),
        optimizer=gate.choice(config["optimizer"], "optimizer"),
        scheduler=gate.choice(config["scheduler"], "scheduler"),
        job=gate.choice(config["job"], "job"),
        activation=gate.choice(config["activation"], "activation"),
        normalization=gate.choice(config["normalization"], "normalization"),
        initializer=gate.choice(config["initializer"], "initializer"),
    )


def members(nodes: Mapping[str, Any], group: str) -> dict[str, Choice]:
    """Check every member of a list group, each under its own key."""
    for name, node in nodes.items():
        if not isinstance(node, Mapping):
            raise ConfigError(f"{group}.{name}: no such {group}{nearest(name, nodes)}")
    return {name: gate.choice(node, f"{group}.{name}") for name, node in nodes.items()}


def objective(node: Mapping[str, Any], wanted: str) -> Choice:
    """Check the node of the objective, which may leave it to the data to decide.

    Its keys are checked when the data are known to fit the model, no sooner: a model may set them
    (`objective.loss=bernoulli`), and a key that is not there would hide that the two do not fit.
    """
    if target_of(node) == AUTO:
        return gate.option("objective", wanted, "objective", keys_of(node))
    return gate.choice(node, "objective")


def settings(record: type[Settings], node: Mapping[str, Any], path: str) -> Settings:
    """Check the keys of the run itself, of its trainer, ...: all that have no default must be there."""
    known = keys(record)  # type: ignore[arg-type]
    gate.check_values(node, known, path, f"the {path}")
    for name, parameter in inspect.signature(record).parameters.items():
        if name not in node and parameter.default is parameter.empty:
            raise ConfigError(f"{path}.{name}: missing; expected {describe(known[name])}")
    return record(**node)
