"""Networks without trainable parameters: those with a closed-form solution, and those that are frozen entirely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import torch
from torch import nn

from dlx.contracts.hooks import HOOKS, Hooks
from dlx.contracts.model import Model
from dlx.data.prepared import Split
from dlx.errors import ConfigError
from dlx.step.step import Step


def is_settled(network: nn.Module) -> bool:
    """Return whether a network has no trainable parameter."""
    return not any(parameter.requires_grad for parameter in network.parameters())


def settle(network: nn.Module, train: Split, penalties: Sequence[Any] = ()) -> bool:
    """Return whether a network has no trainable parameter; if it has a closed-form solution, compute it.

    Args:
        network: the network; its weights are set in place.
        train: training split.
        penalties: active regularizers, passed to a network that declares `solves_with`.
    """
    if not is_settled(network):
        return False
    if solvable(network):
        tensors = [*network.parameters(), *network.buffers()]
        place = next((tensor for tensor in tensors if tensor.is_floating_point()), torch.zeros(()))
        split = train.like(place)
        taken = [penalties] if network.solves_with else []
        with torch.no_grad():
            # Data without targets of their own have their inputs as targets.
            targets = split.inputs.flatten(1) if split.targets is None else split.targets
            network.solve(split.inputs, targets, *taken)
    return True


def solvable(network: nn.Module) -> TypeGuard[Model]:
    """Return whether a network has a closed-form solution, i.e. overrides `solve`."""
    return isinstance(network, Model) and network.is_solved()


def check_settled(step: Step, network: nn.Module, model: str) -> None:
    """Check that a network with a closed-form solution has no regularizers except those in its `solves_with`.

    Args:
        step: training step.
        network: the network.
        model: option of the group model, for the message.

    Raises:
        ConfigError: If it has; the message names the regularizer.
    """
    if not solvable(network) or not is_settled(network):
        return
    for hook in HOOKS:
        for part in step.having(hook):
            name = option_of(part)
            if name.partition("=")[2] not in network.solves_with:
                raise ConfigError(f"{name}: model={model} is solved at once, without it; expected none")


def option_of(part: Hooks) -> str:
    """Return the option that a part of the step belongs to, e.g. `regularizer=l2` or `augmentation=noise`."""
    return "=".join(type(part.chosen_object()).__module__.split(".")[-2:])
