"""Weights of another run copied in, and parameters that are frozen."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from torch import Tensor, nn

from dlx.errors import ConfigError, nearest
from dlx.files import is_there
from dlx.results.checkpoint import load_checkpoint


def foreign_weights(network: nn.Module, source: str | None) -> dict[str, Tensor]:
    """Return the weights of a run or checkpoint that fit a network by name and shape; none where there is no source.

    Raises:
        ConfigError: the source is not there, or nothing in it fits.
    """
    if source is None:
        return {}
    path = Path(source).expanduser()
    file = path if is_there(path) else path / "checkpoints" / "best.ckpt"
    checkpoint = load_checkpoint(file)
    if checkpoint is None:
        raise ConfigError(f"model.init_from: {source} is not there; expected the folder of a run, or a checkpoint")
    theirs = {name.removeprefix("network."): tensor for name, tensor in checkpoint["state_dict"].items()}
    ours = network.state_dict()
    same = {name: t for name, t in theirs.items() if name in ours and ours[name].shape == t.shape}
    if not same:
        raise ConfigError(
            f"model.init_from: no weight of {file} has name and shape of one of this model's; it holds "
            + ", ".join(f"{name} {tuple(t.shape)}" for name, t in list(theirs.items())[:4])
        )
    return same


def frozen_names(network: nn.Module, patterns: list[str | int]) -> set[str]:
    """Return the names of the parameters that patterns match.

    Raises:
        ConfigError: a pattern matches none.
    """
    names = [name for name, _ in network.named_parameters()]
    layers = [
        prefix
        for prefix, module in network.named_modules()
        if any(parameter.dim() >= 2 for parameter in module.parameters(recurse=False))
    ]
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, int):
            if not 1 <= pattern <= len(layers):
                expected = f"weight layers 1 to {len(layers)}" if layers else "[]: this model has no weight layers"
                raise ConfigError(f"model.frozen: expected {expected}, got {pattern}")
            # Weight norm keeps the matrix in a module of its own below the layer.
            part = layers[pattern - 1].split(".parametrizations")[0]
        else:
            part = pattern
        matched = {name for name in names if name.startswith(f"{part}.") or fnmatchcase(name, part)}
        if not matched:
            parts = [name for name, module in network.named_modules() if name and list(module.parameters())]
            raise ConfigError(f"model.frozen: no parameter is called {part!r}{nearest(part, [*parts, *names])}")
        found |= matched
    return found
