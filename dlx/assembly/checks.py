"""Refuse what can only be seen together: each part is right, and yet they do not fit each other or this machine."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from dlx.assembly.closed_form import check_closed_form, check_full_batch, check_proximal
from dlx.assembly.diagnostics import FULL, fit_measures
from dlx.assembly.memory import machine_memory
from dlx.config.gate import option_name
from dlx.config.settings import TrainerSettings
from dlx.contracts.optimizer import how_it_steps
from dlx.errors import ConfigError, located, nearest
from dlx.metrics.milestones import check_milestones
from dlx.metrics.strata import check_strata
from dlx.step.solve import check_settled

if TYPE_CHECKING:
    from dlx.assembly.assemble import Assembly

THREADS = 256  # more than this many the system may not have, and a machine of fewer cores gains nothing from them
LARGE = 1_000_000  # weights; up to here a network is built for real to see whether it fits the data


def check_together(assembly: Assembly) -> dict[str, str]:
    """Refuse a configuration whose parts do not fit each other; return what `diagnostics=full` leaves out, and why.

    Raises:
        ConfigError: names the key, and what would fit.
    """
    network = fitting_network(assembly)
    assembly.builder.check(network)
    left_out = fit_measures(assembly.measures, FULL in assembly.config["diagnostics"], network, assembly.data)
    check_settled(assembly.step(), network, option_name(assembly.config["model"]))
    check_optimizer(assembly)
    check_job(assembly)
    check_metrics(assembly)
    return left_out


def fitting_network(assembly: Assembly) -> nn.Module:
    """Return a draft of the network that has taken two examples, and one where a batch may be as small.

    A large network is tried on torch's meta device: no memory, no time. A small one is quicker for real.
    """
    name = option_name(assembly.config["model"])
    with torch.device("meta"):
        network = assembly.builder.draft()
    check_size(network, name)
    device = torch.device("meta" if sum(p.numel() for p in network.parameters()) > LARGE else "cpu")
    with torch.random.fork_rng(devices=[]), device, torch.no_grad():
        try:
            network = assembly.builder.draft()
            network.eval()(assembly.data.train.inputs[:2].to(device))
        except (RuntimeError, ValueError) as error:
            if "spatial element" in str(error):  # torch's words for instance norm of maps of one place
                raise ConfigError(
                    f"normalization=instance: the maps of model={name} shrink to one place, of which nothing but zeros "
                    "would be left; expected larger maps or normalization=layer"
                ) from error
            raise ConfigError(f"model={name} does not fit the data ({assembly.data.spec}): {error}") from error
        if smallest_batch(assembly) == 1:
            try:
                network.train()(assembly.data.train.inputs[:1].to(device))
            except ValueError as error:  # batch norm has no variance of one example
                raise ConfigError(
                    "dataset.batch_size: a training batch has one example, which batch normalization cannot take; "
                    "expected another batch size, dataset.drop_last=true or normalization=layer"
                ) from error
    return network


def check_size(network: nn.Module, model: str) -> None:
    """Refuse a network whose weights alone are more than this machine can hold."""
    wanted = sum(parameter.numel() * parameter.element_size() for parameter in network.parameters())
    if wanted > machine_memory():
        raise ConfigError(
            f"model={model}: its weights take {wanted / 2**30:.3g} GiB, this machine has "
            f"{machine_memory() / 2**30:.3g}; expected less depth or width"
        )


def check_optimizer(assembly: Assembly) -> None:
    """Refuse an optimizer that cannot take its keys, its schedule, the penalties or the batches."""
    optimizer = _try(lambda: assembly.optimizer([torch.nn.Parameter(torch.empty(1))]), "optimizer")
    _try(lambda: assembly.schedule(copy.copy(optimizer)), "scheduler")
    name, data = option_name(assembly.config["optimizer"]), assembly.data
    check_full_batch(type(optimizer), name, assembly.batch_size, data)
    check_proximal(assembly.step(), optimizer)
    if how_it_steps(type(optimizer)) == "solve":
        model, scheduler = (option_name(assembly.config[group]) for group in ("model", "scheduler"))
        check_closed_form(assembly.step(), assembly.network, data, model, scheduler)


def check_job(assembly: Assembly) -> None:
    """Refuse a job that cannot work on these data, and an objective that cannot."""
    if assembly.all_folds is not None and not assembly.job.is_training():
        name = option_name(assembly.config["job"])
        raise ConfigError(f"dataset.fold: job={name} works on one division of the data; expected a number, got all")
    _try(lambda: assembly.job.check(assembly), "job")
    if hasattr(assembly.objective, "check"):
        _try(lambda: assembly.objective.check(assembly.data), "objective")


def check_metrics(assembly: Assembly) -> None:
    """Refuse metrics by which nothing can be judged here."""
    known = {"train/loss", *(f"val/{name}" for name in watched(assembly))}
    check_milestones(assembly.metrics.steps_to, known)
    check_strata(assembly.metrics.by, assembly.data)
    if assembly.monitor not in known:
        raise ConfigError(f"trainer.monitor: no such metric {assembly.monitor!r}{nearest(assembly.monitor, known)}")


def check_devices(trainer: TrainerSettings) -> None:
    """Refuse an accelerator that this machine does not have.

    Raises:
        ConfigError: names what is there.
    """
    # Not is_available(): it starts CUDA, and processes that the pool forks afterwards could not use the GPU any more.
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


def smallest_batch(assembly: Assembly) -> int:
    """Return the size of the smallest training batch."""
    size, examples = assembly.batch_size, len(assembly.train)
    rest = 0 if assembly.drop_last else examples % (size * assembly.trainer.accumulate)
    return rest % size or min(size, examples)


def watched(assembly: Assembly) -> list[str]:
    """Return the names of the metrics that are taken each epoch."""
    target = assembly.data.val.targets[:2]
    shape = (2, assembly.builder.spec.outputs)
    return list(assembly.objective.quick(torch.zeros(shape)[: len(target)], target))


def _try(make: Callable[[], Any], path: str) -> Any:
    try:
        return make()
    except (ValueError, TypeError) as error:
        raise ConfigError(located(path, str(error))) from error
