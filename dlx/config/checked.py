"""Validation of a whole configuration: the chosen class of each group with its keys, and the settings of the run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from dlx.config import gate, parts
from dlx.config.choice import Choice
from dlx.config.identity import NO_AUGMENTATION, TENSORBOARD
from dlx.config.kinds import describe, keys
from dlx.config.node import AUTO, TARGET, keys_of, make_node, option_of, target_of
from dlx.config.settings import MetricSettings, RunSettings, StreamSettings, TrainerSettings
from dlx.config.shared_keys import AugmentationKeys, NetworkKeys, SourceKeys
from dlx.config.study_form import check_study
from dlx.errors import ConfigError, nearest
from dlx.spec import DURATION

Settings = TypeVar("Settings")
# Groups that runs of earlier versions have not recorded, with the option that changes nothing.
EARLIER: dict[str, Any] = {
    "transfer": make_node("dlx.transfer.none.NoTransfer", {}),
    "callbacks": {},
    "logger": TENSORBOARD,
}


@dataclass(frozen=True)
class Checked:
    """A validated configuration: every key is known, every value has its kind, every class belongs to its group.

    Compatibility between options, and with the data, is checked during assembly (dlx/assembly).

    Attributes:
        config: the composed configuration, from which the run's identity and variants of the run are derived.
        seed: seed of the run.
        trainer: settings of the group trainer; likewise streams and metrics.
        dataset: the chosen option of this group; likewise model, optimizer, scheduler, job, activation, normalization,
            initializer and transfer.
        parts: the options that parts of the network have of their own, by part and group (dlx/config/parts.py).
        objective: function that validates and returns the objective; its argument is a function that returns the option
            that `auto` stands for, which depends on the data.
        regularizer: the members of this list group by name; likewise augmentation, in the order in which they are
            applied, diagnostics, callbacks and logger.
        all_augmentations: the keys that apply to the whole list of augmentations.
    """

    config: Mapping[str, Any]
    seed: int
    trainer: TrainerSettings
    streams: StreamSettings
    metrics: MetricSettings
    dataset: Choice
    model: Choice
    objective: Callable[[Callable[[], str]], Choice]
    regularizer: Mapping[str, Choice]
    augmentation: Mapping[str, Choice]
    all_augmentations: AugmentationKeys
    diagnostics: Mapping[str, Choice]
    callbacks: Mapping[str, Choice]
    logger: Mapping[str, Choice]
    optimizer: Choice
    scheduler: Choice
    job: Choice
    activation: Choice
    normalization: Choice
    initializer: Choice
    transfer: Choice
    parts: Mapping[str, Mapping[str, Choice]] = field(default_factory=dict)


def check_config(config: Mapping[str, Any]) -> Checked:
    """Validate every key, value and class of a configuration and return the result.

    Args:
        config: configuration as plain containers, with interpolations resolved.

    Raises:
        ConfigError: If a key, value or class is invalid; the message names the key, what was expected and the nearest
            valid choice.
    """
    config = {**EARLIER, **config}
    own = parts.present(config)
    gate.check_values({key: config[key] for key in config if key not in own}, keys(RunSettings), "", "a run")
    for name in keys(RunSettings):
        if name not in config:
            raise ConfigError(f"{name}: missing from the configuration")
    if config["study"] is not None:
        check_study(config["study"])
    model = gate.choice(config["model"], "model")
    chosen, common = apart(config["augmentation"], AugmentationKeys)
    return Checked(
        config=config,
        parts={part: part_choices(config[part], part, model) for part in own},
        seed=config["seed"],
        trainer=trainer_settings(config["trainer"]),
        streams=settings(StreamSettings, config["streams"], "streams"),
        metrics=settings(MetricSettings, config["metrics"], "metrics"),
        dataset=gate.choice(config["dataset"], "dataset"),
        model=model,
        objective=partial(objective, config["objective"]),
        regularizer=members(config["regularizer"], "regularizer"),
        augmentation=members(chosen, "augmentation"),
        all_augmentations=settings(AugmentationKeys, common, "augmentation"),
        diagnostics=members(config["diagnostics"], "diagnostics"),
        callbacks=members(config["callbacks"], "callbacks"),
        logger=members(config["logger"], "logger"),
        optimizer=gate.choice(config["optimizer"], "optimizer"),
        scheduler=gate.choice(config["scheduler"], "scheduler"),
        job=gate.choice(config["job"], "job"),
        activation=gate.choice(config["activation"], "activation"),
        normalization=gate.choice(config["normalization"], "normalization"),
        initializer=gate.choice(config["initializer"], "initializer"),
        transfer=transfer(config["transfer"], model),
    )


def transfer(node: Mapping[str, Any], model: Choice) -> Choice:
    """Validate the node of the transfer and return it; `model.init_from` is the short form of `transfer=finetune`.

    Raises:
        ConfigError: If it is invalid, or if both forms are used, or a source is given without a transfer.
    """
    chosen, short = gate.choice(node, "transfer"), model.common(NetworkKeys).init_from
    source = chosen.common(SourceKeys).source
    if chosen.target != target_of(EARLIER["transfer"]):
        if short is not None:
            raise ConfigError(
                "model.init_from: is the short form of transfer=finetune; "
                f"beside transfer={chosen.option} expected null"
            )
        if source is None:
            raise ConfigError(
                "transfer.source: needs the folder of a finished run, or a checkpoint; give it as transfer.source=..."
            )
        return chosen
    if source is not None:
        raise ConfigError("transfer.source: transfer=none copies no weights; try transfer=finetune")
    return chosen if short is None else gate.option("transfer", "finetune", "transfer", {"source": short})


def part_choices(node: Any, part: str, model: Choice) -> dict[str, Choice]:
    """Validate the groups that a part of the network has of its own and return them by group.

    Raises:
        ConfigError: The model has no such part, or an option is invalid.
    """
    cls: Any = model.cls
    parts.check_part(part, cls.parts, model.option)
    parts.check_groups(part, node)
    return {group: gate.choice(value, f"{part}.{group}", group) for group, value in node.items()}


def apart(node: Mapping[str, Any], record: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of a list group and the keys beside them.

    Args:
        node: node of the group. A run of an earlier version, or a user's own file, has the keys of a single option here
            instead of below its name.
        record: the keys that apply to the whole list.
    """
    common = {name: value for name, value in node.items() if name in keys(record)}
    rest = {name: value for name, value in node.items() if name not in common}
    target = target_of(node)
    if TARGET in node:
        rest = {} if target == NO_AUGMENTATION else {option_of(target): make_node(target, keys_of(rest))}
    return rest, common


def members(nodes: Mapping[str, Any], group: str) -> dict[str, Choice]:
    """Validate the members of a list group and return them by name.

    Raises:
        ConfigError: If a member does not exist or is invalid.
    """
    for name, node in nodes.items():
        if name == TARGET:
            raise ConfigError(
                f"{group}: expected each option under its own name, since several can be chosen, got {TARGET}; in "
                f"conf/{group}/NAME.yaml put the line NAME: first and indent the others"
            )
        if not isinstance(node, Mapping):
            raise ConfigError(f"{group}.{name}: no such {group}{nearest(name, nodes)}")
    return {name: gate.choice(node, f"{group}.{name}") for name, node in nodes.items()}


def objective(node: Mapping[str, Any], wanted: Callable[[], str]) -> Choice:
    """Validate the node of the objective and return it.

    Its keys are checked only after the data are known to fit the model. A model may set them
    (`objective.loss=bernoulli`), so an earlier check would report an unknown key instead of the actual mismatch.

    Args:
        node: node of the objective; its class may be `auto`, whose keys are those of the usual one if they are set.
        wanted: function that returns the option that `auto` stands for; only called for `auto`.

    Raises:
        ConfigError: If the objective is invalid.
    """
    if target_of(node) == AUTO:
        given = {key: value for key, value in keys_of(node).items() if value is not None}
        return gate.option("objective", wanted(), "objective", given)
    return gate.choice(node, "objective")


def settings(record: type[Settings], node: Mapping[str, Any], path: str) -> Settings:
    """Validate a node of settings (e.g. `trainer`) and return it as a record.

    Raises:
        ConfigError: If a key is unknown, a value is invalid, or a key without a default is missing.
    """
    known = keys(record)  # type: ignore[arg-type]
    gate.check_values(node, known, path, f"the {path}")
    for name, parameter in inspect.signature(record).parameters.items():
        if name not in node and parameter.default is parameter.empty:
            raise ConfigError(f"{path}.{name}: missing; expected {describe(known[name])}")
    return record(**node)


def trainer_settings(node: Mapping[str, Any]) -> TrainerSettings:
    """Validate the node of the trainer and return its settings; `fast_dev_run` trains for one epoch.

    Raises:
        ConfigError: If a key is unknown, a value is invalid, or two keys exclude each other.
    """
    known = settings(TrainerSettings, node, "trainer")
    if known.max_time is not None and not DURATION.fullmatch(known.max_time):
        raise ConfigError(
            f"trainer.max_time: expected DD:HH:MM:SS, e.g. 00:00:10:00 for ten minutes, got {known.max_time!r}"
        )
    if known.overfit_batches is not None and known.limit_train_batches is not None:
        raise ConfigError("trainer.overfit_batches: limits the training batches itself; leave out limit_train_batches")
    if known.fast_dev_run:
        return replace(known, max_epochs=min(known.max_epochs, 1))
    return known
