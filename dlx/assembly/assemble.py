"""Check a whole configuration and make everything a run needs but the network itself: all mistakes surface here."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import yaml
from torch import nn
from torch.optim import Optimizer

from dlx import paths
from dlx.assembly.checks import check_devices, check_together
from dlx.assembly.closed_form import absolute_lr
from dlx.assembly.diagnostics import make_measures
from dlx.assembly.likelihood import likelihood_factor
from dlx.assembly.memory import within_memory
from dlx.config import gate
from dlx.config.settings import MetricSettings, RunSettings, StreamSettings, TrainerSettings
from dlx.config.torch_classes import StepSize
from dlx.contracts.job import Job
from dlx.contracts.regularizer import Regularizer
from dlx.data.adapt import adapt, check_targets
from dlx.data.augment import Augmenter, augmenter, enlarged
from dlx.data.load import load
from dlx.data.prepared import Data, Split
from dlx.errors import ConfigError, nearest
from dlx.nn.builder import NetworkBuilder, NetworkKeys
from dlx.results.direction import direction
from dlx.seeds import Streams, derive
from dlx.spec import DataSpec, Input
from dlx.step.step import Step

Config = Mapping[str, Any]
TASKS = {"class": "classification", "number": "regression", "series": "forecasting"}
NUMBERS = {"64-true": torch.float64, "bf16-true": torch.bfloat16}  # of the weights; mixed precision keeps float32


@dataclass(frozen=True)
class Assembly:
    """A checked configuration, ready to train.

    `train` is what the batches are taken of: the training split, enlarged by fixed augmented copies where asked for.
    `all_folds` is the number of folds where each is to be trained; the data are those of the first one then.
    `left_out` says which diagnostics `diagnostics=full` does without, and why.
    """

    config: Config
    streams: Streams
    trainer: TrainerSettings
    metrics: MetricSettings
    batch_size: int
    drop_last: bool
    data: Data
    all_folds: int | None
    train: Split
    adapter: str
    augmenter: Augmenter | None
    used: frozenset[str]
    objective: Any
    regularizers: dict[str, Regularizer]
    measures: dict[str, Any]
    left_out: dict[str, str]
    optimizer: Callable[..., Optimizer]
    scheduler: Callable[..., Any]
    monitor: str
    job: Job
    builder: NetworkBuilder

    def network(self) -> nn.Module:
        """Build the network with its first weights, drawn from the stream `init` alone."""
        network = self.builder.make(self.data.train.inputs, self.streams.init)
        return network.to(NUMBERS.get(self.trainer.precision, torch.float32))

    def step(self) -> Step:
        """Compose the training step."""
        changes = [self.augmenter] if self.augmenter is not None else []
        return Step(self.objective.phases(), [*changes, *self.regularizers.values()])

    def batches(self) -> int:
        """Return the number of training steps in an epoch."""
        size, examples = self.batch_size * self.trainer.accumulate, len(self.train)
        return max(examples // size, 1) if self.drop_last else math.ceil(examples / size)

    def schedule(self, optimizer: Optimizer) -> Any:
        """Make the schedule of an optimizer's step size over the run."""
        steps = self.trainer.max_epochs * self.batches()
        steps = min(steps, self.trainer.max_steps or steps)
        return self.scheduler(optimizer, steps=steps, mode=direction(self.monitor))


def dataclass_keys(*classes: type) -> dict[str, Any]:
    """Return the keys of keyword-only dataclasses with their annotations."""
    return {name: kind for cls in classes for name, kind in gate.keys(cls).items()}


def assemble(config: Config) -> Assembly:
    """Check a configuration, keys first and crossings last, and make its parts.

    Args:
        config: plain containers, interpolations resolved.

    Raises:
        ConfigError: names the key, what was expected and the nearest valid choice.
    """
    check_keys(config)
    trainer = TrainerSettings(**config["trainer"])
    check_devices(trainer)
    streams = Streams.of(config["seed"], config["streams"])
    with within_memory("dataset"):
        loaded, preparation = load(config["dataset"], streams)
    model, data, adapter = fitted(config, loaded)
    objective, regularizers = aim(config, loaded)
    with within_memory("augmentation"):
        train, changes = changed_examples(config, loaded, data, streams)
    measures, left_out = make_measures(config["diagnostics"], data.spec)
    assembly = Assembly(
        config=config,
        streams=streams,
        trainer=trainer,
        metrics=MetricSettings(**config["metrics"]),
        batch_size=preparation.batch_size or len(train),
        drop_last=preparation.drop_last,
        data=data,
        all_folds=preparation.folds if preparation.fold == "all" else None,
        train=train,
        adapter=adapter,
        augmenter=changes,
        used=frozenset(inspect.signature(model).parameters),
        objective=objective,
        regularizers=regularizers,
        measures=measures,
        left_out=left_out,
        optimizer=gate.factory(config["optimizer"], "optimizer", gate.keys(StepSize)),
        scheduler=gate.factory(config["scheduler"], "scheduler"),
        monitor=objective.monitor if trainer.monitor == "auto" else trainer.monitor,
        job=gate.build(config["job"], "job"),
        builder=network_builder(config, data.spec, model, objective, regularizers),
    )
    with within_memory(f"model={gate.option_name(config['model'])}"):
        left_out |= check_together(assembly)
    node = absolute_lr(config["optimizer"], assembly.step(), assembly.network, data)
    return replace(
        assembly,
        measures={name: measure for name, measure in measures.items() if name not in left_out},
        optimizer=gate.factory(node, "optimizer", gate.keys(StepSize)),
    )


def fitted(config: Config, loaded: Data) -> tuple[type, Data, str]:
    """Return the model's class, the data in the form that it accepts, and what was done to them in words."""
    name, model = gate.option_name(config["model"]), gate.check(config["model"], "model", dataclass_keys(NetworkKeys))
    check_targets(loaded.spec, getattr(model, "targets", ()), name)
    accepts: tuple[Input, ...] = getattr(model, "accepts", ("vector",))
    data, adapter = adapt(loaded, accepts, name)
    works = getattr(model, "over_time", "") if data.spec.input == "sequence" else ""  # the model's own adaptation
    return model, data, "; ".join(filter(None, (adapter, works)))


def check_keys(config: Config) -> None:
    """Refuse keys that a run does not have, and those of its settings that are wrong."""
    gate.check_values(config, dataclass_keys(RunSettings), "", "a run")
    for name in dataclass_keys(RunSettings):
        if name not in config:
            raise ConfigError(f"{name}: missing from the configuration")
    gate.check_values(config["trainer"], dataclass_keys(TrainerSettings), "trainer", "the trainer")
    gate.check_values(config["streams"], dataclass_keys(StreamSettings), "streams", "the streams")
    gate.check_values(config["metrics"], dataclass_keys(MetricSettings), "metrics", "the metrics")


def aim(config: Config, data: Data) -> tuple[Any, dict[str, Regularizer]]:
    """Build the objective and the active regularizers by name; label smoothing is the objective's to apply."""
    model, node = gate.option_name(config["model"]), objective_node(config, data.spec)
    gate.check(node, "objective")
    regularizers = parts_of(
        config,
        "regularizer",
        spec=data.spec,
        model=model,
        loss=node.get("loss"),
        likelihood=likelihood_factor(node, data.spec.outputs),
        examples=len(data.train),
    )
    regularizers = {name: part for name, part in regularizers.items() if part.active}
    smoothing = next((part.label_smoothing for part in regularizers.values() if part.label_smoothing), 0.0)
    return gate.build(node, "objective", data.spec, model=model, label_smoothing=smoothing), regularizers


def changed_examples(config: Config, loaded: Data, data: Data, streams: Streams) -> tuple[Split, Augmenter | None]:
    """Return what is trained on, with fixed augmented copies where asked for, else with what changes each batch."""
    changes, common = augmenter(config["augmentation"], loaded, data.spec.input)
    if changes is None or common.fresh:
        return data.train, changes
    return enlarged(data.train, changes, common.copies, derive(streams.data, "augmentation")), None


def network_builder(
    config: Config, spec: DataSpec, model: type, objective: Any, regularizers: Mapping[str, Regularizer]
) -> NetworkBuilder:
    """Return what builds the network: it has as many outputs as the objective wants, or else as the data say."""
    chunk = config["trainer"]["truncated_bptt_steps"]
    if chunk is not None and "truncated_bptt_steps" not in inspect.signature(model).parameters:
        name = gate.option_name(config["model"])
        raise ConfigError(f"trainer.truncated_bptt_steps: model={name} reads no sequence step by step; try model=rnn")
    wanted = replace(spec, outputs=getattr(objective, "outputs", spec.outputs))
    dropout = next((part.dropout for part in regularizers.values() if part.dropout), 0.0)
    return NetworkBuilder(config, wanted, dropout=dropout, truncated_bptt_steps=chunk)


def parts_of(config: Config, group: str, **given: Any) -> dict[str, Any]:
    """Build every member of a list group, each under its own key; `given` are run-time values as in `build`."""
    for name, node in config[group].items():
        if not isinstance(node, Mapping):
            raise ConfigError(f"{group}.{name}: no such {group}{nearest(name, config[group])}")
    return {name: gate.build(node, f"{group}.{name}", **given) for name, node in config[group].items()}


def objective_node(config: Config, spec: DataSpec) -> dict[str, Any]:
    """Return the objective's node; `auto` takes the option that the data ask for, with what else was said."""
    node = dict(config["objective"])
    if node.get("_target_") != "auto":
        return node
    file = paths.shipped("conf") / "objective" / f"{TASKS[spec.target]}.yaml"
    said = {key: value for key, value in node.items() if key != "_target_"}
    return {**yaml.safe_load(file.read_text(encoding="utf-8")), **said}
