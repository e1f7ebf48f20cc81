"""Networks in which nothing is left for an optimizer to move: solved at once, or wholly frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlx.contracts.hooks import HOOKS, Hooks
from dlx.data.prepared import Split
from dlx.errors import ConfigError
from dlx.step.step import Step


def is_settled(network: nn.Module) -> bool:
    """Tell whether no parameter can be trained."""
    return not any(parameter.requires_grad for parameter in network.parameters())


def settle(network: nn.Module, train: Split, penalties: Sequence[Any] = ()) -> bool:
    """Tell whether there is nothing to descend; a network that has `solve(inputs, targets)` is solved first.

    A network with `solves_with`, options of the group regularizer, is given those that are active.
    """
    if not is_settled(network):
        return False
    if hasattr(network, "solve"):
        tensors = [*network.parameters(), *network.buffers()]
        place = next((tensor for tensor in tensors if tensor.is_floating_point()), torch.zeros(()))
        targets = train.targets.to(place) if train.targets.is_floating_point() else train.targets.to(place.device)
        taken = [penalties] if hasattr(network, "solves_with") else []
        with torch.no_grad():
            network.solve(train.inputs.to(place), targets, *taken)  # type: ignore[operator]
    return True


def check_settled(step: Step, network: nn.Module, model: str) -> None:
    """Refuse regularizers of a network that is solved at once, but for those in its `solves_with`.

    Raises:
        ConfigError: names the regularizer.
    """
    if not hasattr(network, "solve") or not is_settled(network):
        return
    for hook in HOOKS:
        for part in step.having(hook):
            name = option_of(part)
            if name.partition("=")[2] not in getattr(network, "solves_with", ()):
                raise ConfigError(f"{name}: model={model} is solved at once, without it; expected none")


def option_of(part: Hooks) -> str:
    """Return the option that a part of the step came from: `regularizer=l2`, `augmentation=noise`."""
    return "=".join(type(part.chosen_object()).__module__.split(".")[-2:])
