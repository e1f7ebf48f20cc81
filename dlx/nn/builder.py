"""From the configuration to a network with its first weights: what all models have in common stands here once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from dlx import paths
from dlx.config import gate
from dlx.contracts.initializer import Initializer
from dlx.contracts.normalization import Normalization
from dlx.errors import ConfigError, nearest
from dlx.nn.initialize import FirstWeights, initialize
from dlx.nn.transfer import foreign_weights, frozen_names
from dlx.spec import DataSpec


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
        self.normalization: Normalization = gate.build(config["normalization"], "normalization")
        given |= {"activation": self.activation, "normalization": self.normalization}
        make = gate.factory(config["model"], "model", gate.keys(NetworkKeys))
        self.spec, self.draft = spec, lambda: make(spec, **given)
        self.keys = NetworkKeys(**common(config["model"], NetworkKeys))
        self.initializer: Initializer = gate.factory(config["initializer"], "initializer", gate.keys(FirstWeights))()
        self.first = FirstWeights(**common(config["initializer"], FirstWeights))
        self.recurrent = named_initializer(self.first.recurrent) if self.first.recurrent else None

    def check(self, network: nn.Module) -> None:
        """Refuse `frozen`, `init_from` and an initializer that match nothing of a draft (perhaps on the meta device).

        Raises:
            ConfigError: names what was looked for.
        """
        try:
            self.initializer.check(network)
        except ValueError as error:
            raise ConfigError(f"initializer: {error}") from error
        network = self.normalization.wrap(network)
        frozen_names(network, self.keys.frozen)
        foreign_weights(network, self.keys.init_from)

    def make(self, inputs: Tensor, seed: int) -> nn.Module:
        """Build the network with its first weights, drawn from `seed` alone; `inputs` serve initializers that look."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.draft()
        initialize(network, self.initializer, self.first, self.recurrent, self.activation(), inputs, seed)
        network = self.normalization.wrap(network)  # of weights themselves; it comes after the first weights
        foreign = foreign_weights(network, self.keys.init_from)
        if foreign:
            network.load_state_dict(foreign, strict=False)
        frozen = frozen_names(network, self.keys.frozen)
        for name, parameter in network.named_parameters():
            if name in frozen:
                parameter.requires_grad_(False)
        return network


def common(node: Mapping[str, Any], keys: type) -> dict[str, Any]:
    """Return the keys of a node that a dataclass of common keys takes."""
    return {key.name: node[key.name] for key in fields(keys) if key.name in node}


def named_initializer(name: str) -> Initializer:
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
