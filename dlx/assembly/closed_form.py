"""Checks for configurations that need a quadratic loss: closed-form solutions and learning rates in units of 1/L."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from dlx.config.choice import Choice
from dlx.config.schema import unused_keys
from dlx.config.shared_keys import StepSize
from dlx.contracts.hooks import Hook, Hooks
from dlx.contracts.optimizer import Stepping, how_it_steps
from dlx.contracts.regularizer import Regularizer
from dlx.data.prepared import Data
from dlx.errors import ConfigError
from dlx.step.quadratic import is_quadratic, largest_curvature
from dlx.step.solve import option_of
from dlx.step.step import Step

LARGEST = 4096  # weights; their Hessian takes 128 MiB
SINGLE: tuple[Hook, ...] = ("change_batch", "change_gradients", "change_weights")  # hooks that act on single steps
HINT = "a model that is linear in its weights with objective.loss=mse and no penalty but l2"


def probe(step: Step, network: nn.Module, data: Data) -> tuple[Callable[[], Tensor], list[Tensor]]:
    """Return loss plus penalty over the whole training split as a function, and its weights, in double precision."""
    network = copy.deepcopy(network).double()
    batch = data.train.to("cpu", torch.float64).batch()
    phase = step.phases[0]
    moved = {name: p for name, p in network.named_parameters() if phase.takes(name) and p.requires_grad}

    def total() -> Tensor:
        return step.loss(phase, network, moved, batch, Generator().manual_seed(0)).total

    return total, list(moved.values())


def absolute_lr(optimizer: Choice, step: Step, network: Callable[[], nn.Module], data: Data) -> Choice:
    """Return the optimizer with `lr` in absolute terms: lr / L with `lr_scale=inverse_lipschitz`.

    L is the largest eigenvalue of the Hessian.

    Raises:
        ConfigError: The loss is not quadratic, so its Hessian is not constant, or it is not convex.
    """
    if optimizer.common(StepSize).lr_scale == "absolute" or "lr_scale" in unused_keys(optimizer.target):
        return optimizer
    with torch.random.fork_rng(devices=[]):
        total, weights = probe(step, network(), data)
        if not weights:
            return optimizer  # the model solves itself, so no step is taken
        if not is_quadratic(total, weights):
            raise ConfigError(
                f"optimizer.lr_scale: inverse_lipschitz needs a loss that is quadratic in the weights ({HINT}, or "
                "objective.function=quadratic); expected absolute here"
            )
        curvature = largest_curvature(total, weights)
    if not curvature > 0:
        raise ConfigError(f"optimizer.lr_scale: expected a convex loss; its largest curvature is {curvature:.3g}")
    return optimizer.having(lr=optimizer.keys["lr"] / curvature)


def check_full_batch(optimizer: type, name: str, batch_size: int, data: Data) -> None:
    """Refuse mini-batches if the optimizer needs full-batch gradients.

    L-BFGS estimates the curvature by the difference of two gradients, which is noise if their batches differ.

    Raises:
        ConfigError: The batch size is smaller than the training split.
    """
    if Stepping.of(optimizer).full_batch and batch_size < len(data.train):
        raise ConfigError(
            f"dataset.batch_size: optimizer={name} takes the whole training split at once; expected null, "
            f"got {batch_size}; try optimizer=sgd"
        )


def check_proximal(step: Step, optimizer: Optimizer) -> None:
    """Refuse a proximal step with L-BFGS: its threshold is that of one gradient step, and L-BFGS takes several.

    Raises:
        ConfigError: A regularizer has a proximal step; the message names it.
    """
    for part in step.having("change_weights"):
        if how_it_steps(type(optimizer)) == "closure" and is_proximal(part):
            name = type(part).__module__.rsplit(".", 1)[-1]
            raise ConfigError(
                f"regularizer.{name}.proximal: goes with single gradient steps, not with optimizer=lbfgs; expected "
                "false, or optimizer=gd"
            )


def is_proximal(part: Hooks) -> bool:
    """Return True if a part of the step is a regularizer with a proximal step."""
    return isinstance(part, Regularizer) and part.proximal


def check_closed_form(step: Step, network: Callable[[], nn.Module], data: Data, model: str, scheduler: str) -> None:
    """Refuse a configuration that has no closed-form solution.

    A model that solves itself (see `dlx.step.solve`) is accepted. For all others the loss must be quadratic.

    Raises:
        ConfigError: There is no such solution; the message names the reason.
    """
    if scheduler != "none":
        raise ConfigError(f"scheduler={scheduler}: optimizer=closed_form has no step size; expected scheduler=none")
    for hook in SINGLE:
        for part in step.having(hook):
            if hook != "change_weights" or not part.acts_in("penalty") or is_proximal(part):
                raise ConfigError(f"{option_of(part)}: acts on single steps; optimizer=closed_form takes none")
    with torch.random.fork_rng(devices=[]):
        made = network()
        if not any(weight.requires_grad for weight in made.parameters()):
            return  # the model solves itself
        total, weights = probe(step, made, data)
        if not is_quadratic(total, weights):
            raise ConfigError(
                f"optimizer=closed_form: needs a loss that is quadratic in the weights: {HINT}; model={model} with "
                "this objective is not"
            )
        size = sum(weight.numel() for weight in weights)
        if size > LARGEST:
            raise ConfigError(
                f"optimizer=closed_form: model={model} has {size} weights; at most {LARGEST} can be solved for"
            )
