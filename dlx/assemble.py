"""Check a whole configuration and make everything a run needs but the network itself: all mistakes surface here."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
import yaml
from torch import nn
from torch.optim import Optimizer

from dlx import build, paths
from dlx.adapter import adapt
from dlx.augmenting import Augmenter, augmenter, enlarged
from dlx.data import Data, Part
from dlx.direction import direction
from dlx.errors import ConfigError, nearest
from dlx.likelihood import likelihood_factor
from dlx.load import load
from dlx.milestones import check_milestones
from dlx.network import NetworkBuilder, NetworkKeys
from dlx.settings import MetricSettings, RunSettings, StreamSettings, TrainerSettings
from dlx.settle import check_settled
from dlx.solvable import absolute_lr, check_closed_form, check_full_batch, check_proximal
from dlx.spec import DataSpec
from dlx.step import Step
from dlx.strata import check_strata
from dlx.streams import Streams, derive
from dlx.torch_classes import StepSize

Config = Mapping[str, Any]
TASKS = {"class": "classification", "number": "regression", "series": "forecasting"}
LARGE = 1_000_000  # weights; up to here a network is built for real to see whether it fits the data
NUMBERS = {"64-true": torch.float64, "bf16-true": torch.bfloat16}  # of the weights; mixed precision keeps float32


@dataclass(frozen=True)
class Assembly:
    """A checked configuration, ready to train.

    `train` is what the batches are taken of: the training split, enlarged by fixed augmented copies where asked for.
    `all_folds` is the number of folds where each is to be trained; the data are those of the first one then.
    """

    config: Config
    streams: Streams
    trainer: TrainerSettings
    metrics: MetricSettings
    batch_size: int
    drop_last: bool
    data: Data
    all_folds: int | None
    train: Part
    adapter: str
    augmenter: Augmenter | None
    used: frozenset[str]
    objective: Any
    regularizers: dict[str, Any]
    measures: dict[str, Any]
    optimizer: Callable[..., Optimizer]
    scheduler: Callable[..., Any]
    monitor: str
    job: Any
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
    return {name: kind for cls in classes for name, kind in build.keys(cls).items()}


def assemble(config: Config) -> Assembly:
    """Check a configuration, keys first and crossings last, and make its parts.

    Args:
        config: plain containers, interpolations resolved.

    Raises:
        ConfigError: names the key, what was expected and the nearest valid choice.
    """
    build.check_values(config, dataclass_keys(RunSettings), "", "a run")
    for name in dataclass_keys(RunSettings):
        if name not in config:
            raise ConfigError(f"{name}: missing from the configuration")
    build.check_values(config["trainer"], dataclass_keys(TrainerSettings), "trainer", "the trainer")
    build.check_values(config["streams"], dataclass_keys(StreamSettings), "streams", "the streams")
    build.check_values(config["metrics"], dataclass_keys(MetricSettings), "metrics", "the metrics")
    trainer = TrainerSettings(**config["trainer"])
    check_devices(trainer)
    streams = Streams.of(config["seed"], config["streams"])
    data, preparation = load(config["dataset"], streams)
    model_name, node = option_name(config["model"]), objective_node(config, data.spec)
    build.check(node, "objective")
    regularizers = parts_of(
        config,
        "regularizer",
        spec=data.spec,
        model=model_name,
        loss=node.get("loss"),
        likelihood=likelihood_factor(node, data.spec.outputs),
        examples=len(data.train),
    )
    regularizers = {name: part for name, part in regularizers.items() if part.active}
    smoothing = next((part.smoothing for part in regularizers.values() if hasattr(part, "smoothing")), 0.0)
    objective = build.build(node, "objective", data.spec, model=model_name, label_smoothing=smoothing)
    model_class = build.check(config["model"], "model", dataclass_keys(NetworkKeys))
    plain = data
    data, adapter = adapt(data, getattr(model_class, "accepts", ("vector",)), model_name)
    changes, common = augmenter(config["augmentation"], plain, data.spec.input)
    train = data.train
    if changes is not None and not common.fresh:
        train, changes = enlarged(train, changes, common.copies, derive(streams.data, "augmentation")), None
    dropout = next((part.drop for part in regularizers.values() if hasattr(part, "drop")), 0.0)
    chunk = trainer.truncated_bptt_steps
    if chunk is not None and "truncated_bptt_steps" not in inspect.signature(model_class).parameters:
        raise ConfigError(
            f"trainer.truncated_bptt_steps: model={model_name} reads no sequence step by step; try model=rnn"
        )
    wanted = replace(data.spec, outputs=outputs_of(objective, data.spec))
    builder = NetworkBuilder(config, wanted, dropout=dropout, truncated_bptt_steps=chunk)
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
        used=frozenset(inspect.signature(model_class).parameters),
        objective=objective,
        regularizers=regularizers,
        measures=parts_of(config, "diagnostics", spec=data.spec),
        optimizer=build.factory(config["optimizer"], "optimizer", build.keys(StepSize)),
        scheduler=build.factory(config["scheduler"], "scheduler"),
        monitor=objective.monitor if trainer.monitor == "auto" else trainer.monitor,
        job=build.build(config["job"], "job"),
        builder=builder,
    )
    check_crossings(assembly)
    node = absolute_lr(config["optimizer"], assembly.step(), assembly.network, data)
    return replace(assembly, optimizer=build.factory(node, "optimizer", build.keys(StepSize)))


def check_devices(trainer: TrainerSettings) -> None:
    """Refuse an accelerator that this machine does not have.

    Raises:
        ConfigError: names what is there.
    """
    here = {"cpu": True, "auto": True, "gpu": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not here[trainer.accelerator]:
        present = ", ".join(name for name, available in here.items() if available)
        raise ConfigError(f"trainer.accelerator: this machine has no {trainer.accelerator}; choose from: {present}")
    cards = torch.cuda.device_count() if trainer.accelerator in ("auto", "gpu") else 0
    if cards and trainer.devices > cards:
        raise ConfigError(f"trainer.devices: this machine has {cards} of them, got {trainer.devices}")


def option_name(node: Config) -> str:
    """Return the option that a node came from, by the file of its class: `dlx.model.mlp.MLP` -> `mlp`."""
    parts = str(node.get("_target_", "")).split(".")
    return parts[-2] if len(parts) > 1 and parts[0] != "torch" else parts[-1].lower()


def parts_of(config: Config, group: str, **given: Any) -> dict[str, Any]:
    """Build every member of a list group, each under its own key; `given` are run-time values as in `build`."""
    for name, node in config[group].items():
        if not isinstance(node, Mapping):
            raise ConfigError(f"{group}.{name}: no such {group}{nearest(name, config[group])}")
    return {name: build.build(node, f"{group}.{name}", **given) for name, node in config[group].items()}


def objective_node(config: Config, spec: DataSpec) -> dict[str, Any]:
    """Return the objective's node; `auto` takes the option that the data ask for, as it stands in its file."""
    node = dict(config["objective"])
    if node.get("_target_") != "auto":
        return node
    file = paths.shipped("conf") / "objective" / f"{TASKS[spec.target]}.yaml"
    return {**yaml.safe_load(file.read_text(encoding="utf-8"))}


def outputs_of(objective: Any, spec: DataSpec) -> int:
    """Return how many numbers the objective wants of the model: as the data say, or one code for each class."""
    return getattr(objective, "outputs", spec.outputs)


def check_crossings(assembly: Assembly) -> None:
    """Refuse what can only be seen together: network and data, optimizer and keys, job and all, monitor and metrics.

    A large network is tried on torch's meta device: no memory, no time. A small one is quicker for real.
    """
    with torch.device("meta"):
        network = assembly.builder.draft()
    device = torch.device("meta" if sum(p.numel() for p in network.parameters()) > LARGE else "cpu")
    with torch.random.fork_rng(devices=[]), device, torch.no_grad():
        try:
            network = assembly.builder.draft()
            network.eval()(assembly.data.train.inputs[:2].to(device))
        except (RuntimeError, ValueError) as error:
            name = option_name(assembly.config["model"])
            raise ConfigError(f"model={name} does not fit the data ({assembly.data.spec}): {error}") from error
        if smallest_batch(assembly) == 1:
            try:
                network.train()(assembly.data.train.inputs[:1].to(device))
            except ValueError as error:  # batch norm has no variance of one example
                raise ConfigError(
                    "dataset.batch_size: a training batch has one example, which batch normalization cannot take; "
                    "expected another batch size, dataset.drop_last=true or normalization=layer"
                ) from error
        assembly.builder.check(network)
        for name, measure in assembly.measures.items():
            if hasattr(measure, "check"):
                _try(partial(measure.check, network), f"diagnostics.{name}")
    check_settled(assembly.step(), network, option_name(assembly.config["model"]))
    optimizer = _try(lambda: assembly.optimizer([torch.nn.Parameter(torch.empty(1))]), "optimizer")
    _try(lambda: assembly.schedule(copy.copy(optimizer)), "scheduler")
    name, data = option_name(assembly.config["optimizer"]), assembly.data
    check_full_batch(type(optimizer), name, assembly.batch_size, data)
    check_proximal(assembly.step(), optimizer)
    if getattr(optimizer, "solves", False):
        model, scheduler = (option_name(assembly.config[group]) for group in ("model", "scheduler"))
        check_closed_form(assembly.step(), assembly.network, data, model, scheduler)
    if assembly.all_folds is not None and hasattr(assembly.job, "measure"):
        name = option_name(assembly.config["job"])
        raise ConfigError(f"dataset.fold: job={name} works on one division of the data; expected a number, got all")
    if hasattr(assembly.job, "check"):
        _try(lambda: assembly.job.check(assembly), "job")
    if hasattr(assembly.objective, "check"):
        _try(lambda: assembly.objective.check(data), "objective")
    known = {"train/loss", *(f"val/{name}" for name in watched(assembly))}
    check_milestones(assembly.metrics.steps_to, known)
    check_strata(assembly.metrics.by, data)
    if assembly.monitor not in known:
        raise ConfigError(f"trainer.monitor: no such metric {assembly.monitor!r}{nearest(assembly.monitor, known)}")


def smallest_batch(assembly: Assembly) -> int:
    """Return the size of the smallest training batch."""
    size, examples = assembly.batch_size, len(assembly.train)
    rest = 0 if assembly.drop_last else examples % (size * assembly.trainer.accumulate)
    return rest % size or min(size, examples)


def watched(assembly: Assembly) -> list[str]:
    """Return the names of the metrics that are taken each epoch."""
    target = assembly.data.val.targets[:2]
    shape = (2, outputs_of(assembly.objective, assembly.data.spec))
    return list(assembly.objective.quick(torch.zeros(shape)[: len(target)], target))


def _try(make: Callable[[], Any], path: str) -> Any:
    try:
        return make()
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path}: {error}") from error
