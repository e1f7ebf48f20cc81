"""From the configuration to a network with its first weights: what all models have in common stands here once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from dlx import paths
from dlx.config import gate
from dlx.errors import ConfigError, nearest
from dlx.files import is_there
from dlx.nn.initialize import FirstWeights, initialize
from dlx.spec import DataSpec
from dlx.training.checkpoint import load_checkpoint


@dataclass(frozen=True, kw_only=True)
class NetworkKeys:
    """What every model has in common.

    Attributes:
        frozen: parts that training leaves as they are: names or their beginnings (`hidden.0`, with * as a wildcard),
            or numbers of weight layers counted from the input (1 is the first).
        init_from: folder of a finished run, or a checkpoint, whose weights of the same name and shape are copied in
            before training.
    """

    frozen: list[str | int] = field(default_factory=list)
    init_from: str | None = None


class NetworkBuilder:
    """Builds the network of a configuration, any number of times.

    Args:
        config: with the checked groups model, initializer, activation and normalization.
        spec: what the model is given, after adaptation.
        given: further run-time values that a model may name: dropout, ...

    Raises:
        ConfigError: a key of model, initializer, activation or normalization is wrong.
    """

    def __init__(self, config: Mapping[str, Any], spec: DataSpec, **given: Any) -> None:
        self.activation = gate.factory(config["activation"], "activation")
        self.normalization = gate.build(config["normalization"], "normalization")
        given |= {"activation": self.activation, "normalization": self.normalization}
        make = gate.factory(config["model"], "model", gate.keys(NetworkKeys))
        self.spec, self.draft = spec, lambda: make(spec, **given)
        self.keys = NetworkKeys(**common(config["model"], NetworkKeys))
        self.initializer = gate.factory(config["initializer"], "initializer", gate.keys(FirstWeights))()
        self.first = FirstWeights(**common(config["initializer"], FirstWeights))
        self.recurrent = named_initializer(self.first.recurrent) if self.first.recurrent else None

    def check(self, network: nn.Module) -> None:
        """Refuse `frozen`, `init_from` and an initializer that match nothing of a draft (perhaps on the meta device).

        Raises:
            ConfigError: names what was looked for.
        """
        if hasattr(self.initializer, "check"):
            try:
                self.initializer.check(network)
            except ValueError as error:
                raise ConfigError(f"initializer: {error}") from error
        network = self._wrapped(network)
        frozen_names(network, self.keys.frozen)
        self._foreign_weights(network)

    def make(self, inputs: Tensor, seed: int) -> nn.Module:
        """Build the network with its first weights, drawn from `seed` alone; `inputs` serve initializers that look."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.draft()
        initialize(network, self.initializer, self.first, self.recurrent, self.activation(), inputs, seed)
        network = self._wrapped(network)
        foreign = self._foreign_weights(network)
        if foreign:
            network.load_state_dict(foreign, strict=False)
        frozen = frozen_names(network, self.keys.frozen)
        for name, parameter in network.named_parameters():
            if name in frozen:
                parameter.requires_grad_(False)
        return network

    def _wrapped(self, network: nn.Module) -> nn.Module:
        """Apply a normalization of the weights themselves, which comes after the first weights."""
        wrap = getattr(self.normalization, "wrap", None)
        return wrap(network) if wrap else network

    def _foreign_weights(self, network: nn.Module) -> dict[str, Tensor]:
        if self.keys.init_from is None:
            return {}
        path = Path(self.keys.init_from).expanduser()
        file = path if is_there(path) else path / "checkpoints" / "best.ckpt"
        checkpoint = load_checkpoint(file)
        if checkpoint is None:
            raise ConfigError(
                f"model.init_from: {self.keys.init_from} is not there; expected the folder of a run, or a checkpoint"
            )
        theirs = {name.removeprefix("network."): tensor for name, tensor in checkpoint["state_dict"].items()}
        ours = network.state_dict()
        same = {name: t for name, t in theirs.items() if name in ours and ours[name].shape == t.shape}
        if not same:
            raise ConfigError(
                f"model.init_from: no weight of {file} has name and shape of one of this model's; it holds "
                + ", ".join(f"{name} {tuple(t.shape)}" for name, t in list(theirs.items())[:4])
            )
        return same


def common(node: Mapping[str, Any], keys: type) -> dict[str, Any]:
    """Return the keys of a node that a dataclass of common keys takes."""
    return {key.name: node[key.name] for key in fields(keys) if key.name in node}


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


def named_initializer(name: str) -> Any:
    """Build the initializer of an option's name, with the keys of its file.

    Raises:
        ConfigError: there is no such option.
    """
    files = {file.stem: file for root in paths.roots("conf") for file in sorted((root / "initializer").glob("*.yaml"))}
    options = [option for option in files if not option.startswith("_")]
    if name not in options:
        raise ConfigError(f"initializer.recurrent: no such initializer {name!r}{nearest(name, options)}")
    node = yaml.safe_load(files[name].read_text(encoding="utf-8"))
    own = {key: value for key, value in node.items() if key != "defaults"}
    return gate.factory(own, "initializer", gate.keys(FirstWeights))()
