"""Networks in which nothing is left for an optimizer to move: solved at once, or wholly frozen."""

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
    """Tell whether no parameter can be trained."""
    return not any(parameter.requires_grad for parameter in network.parameters())


def settle(network: nn.Module, train: Split, penalties: Sequence[Any] = ()) -> bool:
    """Return whether there is nothing to descend; a network that can be solved is solved first.

    A network with `solves_with`, options of the group regularizer, is given those that are active.
    """
    if not is_settled(network):
        return False
    if solvable(network):
        tensors = [*network.parameters(), *network.buffers()]
        place = next((tensor for tensor in tensors if tensor.is_floating_point()), torch.zeros(()))
        split = train.like(place)
        taken = [penalties] if network.solves_with else []
        with torch.no_grad():
            network.solve(split.inputs, split.targets, *taken)
    return True


def solvable(network: nn.Module) -> TypeGuard[Model]:
    """Return whether a network has a solution of its own (`solve`)."""
    return isinstance(network, Model) and network.is_solved()


def check_settled(step: Step, network: nn.Module, model: str) -> None:
    """Refuse regularizers of a network that is solved at once, but for those in its `solves_with`.

    Raises:
        ConfigError: names the regularizer.
    """
    if not solvable(network) or not is_settled(network):
        return
    for hook in HOOKS:
        for part in step.having(hook):
            name = option_of(part)
            if name.partition("=")[2] not in network.solves_with:
                raise ConfigError(f"{name}: model={model} is solved at once, without it; expected none")


def option_of(part: Hooks) -> str:
    """Return the option that a part of the step came from: `regularizer=l2`, `augmentation=noise`."""
    return "=".join(type(part.chosen_object()).__module__.split(".")[-2:])
