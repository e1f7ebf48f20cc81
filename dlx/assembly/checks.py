"""Cross-checks: validate the combination of parts, and that this machine can run it."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor, nn

from dlx.assembly.assembly import Assembly, Examples, Recipe
from dlx.assembly.closed_form import check_closed_form, check_full_batch, check_proximal
from dlx.assembly.memory import machine_memory
from dlx.config.kinds import keys
from dlx.config.settings import TrainerSettings
from dlx.contracts import Batch, Tree
from dlx.contracts.model import Model
from dlx.contracts.objective import Objective
from dlx.contracts.optimizer import how_it_steps
from dlx.data import tree
from dlx.errors import ConfigError, located, nearest
from dlx.metrics.milestones import check_milestones
from dlx.metrics.strata import check_strata
from dlx.nn.builder import NetworkBuilder
from dlx.step.solve import check_settled

THREADS = 256  # the most threads that are accepted, unless the machine has more cores
LARGE = 1_000_000  # weights; smaller networks are built on the CPU to check that they fit the data


def fitting_network(builder: NetworkBuilder, recipe: Recipe, examples: Examples) -> tuple[Model, Tree, Batch]:
    """Return a draft of the network, its outputs for two examples, and these examples.

    The draft has also processed a batch of one example if the training may have one. A large network is tried on
    torch's meta device, which takes neither memory nor time; for a small one the CPU is faster.

    Raises:
        ConfigError: The network does not fit the data or the machine, or `frozen` or `init_from` do not fit the
            network.
    """
    name, split = builder.model.option, examples.data.train
    with torch.device("meta"):
        network = builder.draft()
    check_size(network, name)
    device = torch.device("meta" if sum(p.numel() for p in network.parameters()) > LARGE else "cpu")
    with torch.random.fork_rng(devices=[]), device, torch.no_grad():
        try:
            network = builder.draft() if device.type == "cpu" else network
            batch = tree.moved(split.batch(slice(2)), device, torch.float32)
            check_pixels(recipe.objective, network.eval(), batch, name)
            outputs = recipe.objective.outputs(network, batch, torch.Generator())
        except (RuntimeError, ValueError) as error:
            if "spatial element" in str(error):  # the message of torch for instance norm of 1 x 1 maps
                raise ConfigError(
                    f"normalization=instance: the maps of model={name} shrink to one place, of which nothing but zeros "
                    "would be left; expected larger maps or normalization=layer"
                ) from error
            raise ConfigError(f"model={name} does not fit the data ({examples.data.spec}): {error}") from error
        if examples.smallest_batch(recipe.trainer.accumulate) == 1:
            try:
                network.train()(split.inputs[:1].to(device))
            except ValueError as error:  # batch norm needs more than one example for a variance
                raise ConfigError(
                    "dataset.batch_size: a training batch has one example, which batch normalization cannot take; "
                    "expected another batch size, dataset.drop_last=true or normalization=layer"
                ) from error
    if device.type == "cpu":
        with torch.no_grad():
            _try(lambda: recipe.objective.check_network(network.eval(), batch), "objective", type(recipe.objective))
    builder.check(network, batch.inputs)
    return network, outputs, batch


def check_pixels(objective: Objective, network: Model, batch: Batch, model: str) -> None:
    """Refuse a network whose map of outputs lacks pixels that the objective needs (`Objective.pixels`).

    Raises:
        ConfigError: There are too few outputs; the message says what leaves them out.
    """
    if objective.spec.form != "map" or objective.spec.input != "image" or objective.pixels == "any":
        return
    outputs = network(batch.inputs)
    if objective.pixels == "cells":
        check_cells(network.reduction, outputs, batch)
    elif network.reduction > 1:
        raise ConfigError(
            f"model={model}: its pooling and strides make one output out of {network.reduction}x{network.reduction} "
            "pixels, and the objective needs one for each pixel; expected no pooling and no stride (try "
            "model.pooling=none with model=cnn, model.blocks=[3] with model=resnet), or try model=unet"
        )
    if objective.pixels == "all" and outputs.shape[2:] != batch.inputs.shape[2:]:
        found, images = ("x".join(map(str, each.shape[2:])) for each in (outputs, batch.inputs))
        raise ConfigError(
            f"model.padding: leaves {found} outputs for images of {images}, and the objective needs one for each "
            "pixel; expected same"
        )


def check_cells(reduction: int, outputs: Tensor, batch: Batch) -> None:
    """Refuse a map of outputs that leaves out a border of the images.

    Raises:
        ConfigError: Convolutions without padding leave out a border.
    """
    if any(
        (seen + 1) * reduction <= side for seen, side in zip(outputs.shape[2:], batch.inputs.shape[2:], strict=True)
    ):
        found, images = ("x".join(map(str, each.shape[2:])) for each in (outputs, batch.inputs))
        raise ConfigError(
            f"model.padding: leaves {found} outputs of {reduction}x{reduction} pixels for images of {images}, and the "
            "objective needs them up to the border; expected same"
        )


def check_size(network: nn.Module, model: str) -> None:
    """Refuse a network whose weights alone exceed the memory of this machine."""
    wanted = sum(parameter.numel() * parameter.element_size() for parameter in network.parameters())
    if wanted > machine_memory():
        raise ConfigError(
            f"model={model}: its weights take {wanted / 2**30:.3g} GiB, this machine has "
            f"{machine_memory() / 2**30:.3g}; expected less depth or width"
        )


def check_recipe(
    recipe: Recipe, examples: Examples, network: nn.Module, first_weights: Callable[[], nn.Module], model: str
) -> None:
    """Refuse an objective that does not fit the data, and an optimizer whose keys or surroundings do not fit.

    The optimizer must fit its schedule, the penalties and the batches. It is built here once with a dummy parameter,
    since only its constructor knows which of its keys can be combined.

    Args:
        recipe: the recipe to check.
        examples: the training examples.
        network: a draft of the network.
        first_weights: builds the network with its initial weights.
        model: the option of the network.

    Raises:
        ConfigError: A combination is invalid; the message names the key and a valid choice.
    """
    step, data = recipe.step(), examples.data
    check_settled(step, network, model)
    if recipe.objective.differentiates and any(tracks_statistics(module) for module in network.modules()):
        raise ConfigError(
            "normalization: the loss contains derivatives with respect to the inputs, for which a network must not "
            "update running statistics of batch normalization; try normalization=layer"
        )
    _try(lambda: recipe.objective.check(data), "objective", type(recipe.objective))
    optimizer = _try(
        lambda: recipe.optimizer.make([torch.nn.Parameter(torch.empty(1))]), "optimizer", recipe.optimizer.cls
    )
    _try(lambda: recipe.schedule(copy.copy(optimizer)), "scheduler", recipe.scheduler.cls)
    check_full_batch(type(optimizer), recipe.optimizer.option, examples.batch_size, data)
    check_proximal(step, optimizer)
    if how_it_steps(type(optimizer)) == "solve":
        check_closed_form(step, first_weights, data, model, recipe.scheduler.option)


def tracks_statistics(module: nn.Module) -> bool:
    """Return whether a layer updates running statistics in training mode."""
    return isinstance(module, nn.modules.batchnorm._NormBase) and module.track_running_stats


def check_assembly(assembly: Assembly, outputs: Tree, batch: Batch) -> None:
    """Refuse a job that does not fit the data, and metrics that do not exist here.

    Args:
        assembly: the assembly to check.
        outputs: outputs for a few examples, by which the names of the validation metrics are found.
        batch: these examples.

    Raises:
        ConfigError: A job or a metric is invalid; the message names the key and a valid choice.
    """
    if assembly.examples.all_folds is not None and not assembly.job.is_training():
        name = assembly.checked.job.option
        raise ConfigError(f"dataset.fold: job={name} works on one division of the data; expected a number, got all")
    _try(lambda: assembly.job.check(assembly), "job", type(assembly.job))
    with torch.no_grad():
        known = {"train/loss", *(f"val/{name}" for name in assembly.objective.quick(outputs, batch))}
    monitor = assembly.recipe.monitor
    check_milestones(assembly.checked.metrics.steps_to, known)
    check_strata(assembly.checked.metrics.by, assembly.data)
    if monitor not in known:
        raise ConfigError(f"trainer.monitor: no such metric {monitor!r}{nearest(monitor, known)}")
    check_callbacks(assembly, known)


def check_callbacks(assembly: Assembly, known: Collection[str]) -> None:
    """Refuse callbacks and flags of Lightning's Trainer that cannot do what they are for.

    Args:
        assembly: the configuration with its parts.
        known: names of the metrics of an epoch.

    Raises:
        ConfigError: Several networks are trained, or none; or a callback is invalid, or watches no such metric.
    """
    chosen, trainer = assembly.checked.callbacks, assembly.trainer
    wanted = [f"callbacks={name}" for name in chosen]
    wanted += [f"trainer.{key}" for key in ("max_time", "profiler") if vars(trainer)[key] is not None]
    wanted += ["trainer.enable_model_summary"] * trainer.enable_model_summary
    if wanted and not (assembly.job.is_training() and assembly.examples.all_folds is None):
        what = "a job" if not assembly.job.is_training() else "dataset.fold=all"
        raise ConfigError(f"{wanted[0]}: belongs to the training of one network, and {what} keeps none; leave it out")
    for choice in chosen.values():
        made = choice.make(monitor_of_run=assembly.recipe.monitor, better=assembly.objective.better, folder=Path())
        watched = made.monitor if isinstance(made, EarlyStopping | ModelCheckpoint) else None
        if watched is not None and watched not in known:
            raise ConfigError(f"{choice.path}.monitor: no such metric {watched!r}{nearest(watched, known)}")


def check_devices(trainer: TrainerSettings) -> None:
    """Refuse an accelerator, a number of devices or a number of threads that this machine does not have.

    Raises:
        ConfigError: The machine lacks it; the message names the available ones.
    """
    # is_available() would initialize CUDA, and processes that are forked afterwards could not use the GPU.
    gpu = torch.cuda.device_count() > 0
    here = {"cpu": True, "auto": True, "gpu": gpu, "mps": torch.backends.mps.is_available()}
    if not here[trainer.accelerator]:
        present = ", ".join(name for name, available in here.items() if available)
        raise ConfigError(f"trainer.accelerator: this machine has no {trainer.accelerator}; choose from: {present}")
    if trainer.strategy == "fsdp" and not gpu:
        raise ConfigError("trainer.strategy: fsdp divides a network over GPUs, this machine has none; expected ddp")
    if trainer.threads is not None and trainer.threads > max(os.cpu_count() or 1, THREADS):
        raise ConfigError(
            f"trainer.threads: expected at most {max(os.cpu_count() or 1, THREADS)}, got {trainer.threads}"
        )
    cards = torch.cuda.device_count() if trainer.accelerator in ("auto", "gpu") else 0
    if cards and trainer.devices > cards:
        raise ConfigError(f"trainer.devices: this machine has {cards} of them, got {trainer.devices}")


def _try(make: Callable[[], Any], path: str, cls: type) -> Any:
    try:
        return make()
    except (ValueError, TypeError) as error:
        raise ConfigError(located(path, str(error), keys(cls))) from error
