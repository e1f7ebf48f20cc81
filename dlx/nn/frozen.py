"""Frozen parts of a network: their parameters are not trained, and they stay in evaluation mode."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import Tensor, nn

from dlx.errors import ConfigError, nearest
from dlx.nn.layers import layers


def frozen_names(
    network: nn.Module, patterns: Sequence[str | int], inputs: Tensor, key: str = "model.frozen"
) -> set[str]:
    """Return the names of the parameters that match the patterns of `model.frozen` or another key.

    Args:
        network: the network.
        patterns: names or prefixes of names, with * as a wildcard, or numbers of weight layers in the order of a
            forward pass, from 1.
        inputs: a few inputs for the forward pass.
        key: the key with the patterns, for messages.

    Raises:
        ConfigError: If a pattern matches no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    numbered: list[str] = []
    if any(isinstance(pattern, int) for pattern in patterns):
        numbered = [layer.name for layer in layers(network, inputs) if layer.kind != "norm"]
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, int):
            if not 1 <= pattern <= len(numbered):
                expected = f"weight layers 1 to {len(numbered)}" if numbered else "[]: this model has no weight layers"
                raise ConfigError(f"{key}: expected {expected}, got {pattern}")
            part = numbered[pattern - 1]
        else:
            part = pattern
        matched = {name for name in names if name.startswith(f"{part}.") or fnmatchcase(name, part)}
        if not matched:
            parts = [name for name, module in network.named_modules() if name and list(module.parameters())]
            raise ConfigError(f"{key}: no parameter is called {part!r}{nearest(part, [*parts, *names])}")
        found |= matched
    return found


def frozen_modules(network: nn.Module, frozen: set[str]) -> tuple[str, ...]:
    """Return the names of the outermost modules that are wholly frozen; they stay in evaluation mode.

    Args:
        network: the network.
        frozen: names of the frozen parameters, and of buffers that must not change either.
    """
    whole: list[str] = []
    for name, module in network.named_modules():
        own = [f"{name}.{parameter}" for parameter, _ in module.named_parameters()]
        kept = own or [f"{name}.{buffer}" for buffer, _ in module.named_buffers()]
        inside = any(name.startswith(f"{outer}.") for outer in whole)
        if name and kept and not inside and all(each in frozen for each in kept):
            whole.append(name)
    return tuple(whole)
