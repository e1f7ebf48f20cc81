"""Construction of a network with its initial weights from the chosen options."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from dlx.config.choice import Choice
from dlx.config.shared_keys import FirstWeights, NetworkKeys
from dlx.contracts.initializer import Initializer
from dlx.contracts.model import Model
from dlx.contracts.normalization import Normalization
from dlx.errors import ConfigError
from dlx.nn.initialize import initialize
from dlx.nn.transfer import Source, copy_matching, frozen_modules, frozen_names, matching, transfer_note
from dlx.spec import DataSpec


class NetworkBuilder:
    """Builds networks from the chosen options; it can be used any number of times.

    Args:
        model: the chosen model.
        initializer: the chosen weight initialization.
        activation: the activation of the hidden layers.
        normalization: the normalization of the hidden layers.
        spec: specification of the model's inputs and targets, after conversion to a kind that the model accepts.
        dtype: dtype of the weights.
        given: further run-time values that a model may use, e.g. dropout.

    Raises:
        ConfigError: If the keys of the normalization or the initializer are not compatible.
    """

    def __init__(
        self,
        model: Choice,
        initializer: Choice,
        activation: Choice,
        normalization: Choice,
        spec: DataSpec,
        dtype: torch.dtype = torch.float32,
        **given: Any,
    ) -> None:
        self.model, self.spec, self.dtype = model, spec, dtype
        self.transferred = ""  # set by `check`: a note on the weights copied from another run
        self.activation = activation.make
        self.normalization: Normalization = normalization.make()
        self.given = {**given, "activation": self.activation, "normalization": self.normalization}
        self.keys = model.common(NetworkKeys)
        self.initializer: Initializer = initializer.make()
        self.first = initializer.common(FirstWeights)
        self.recurrent = initializer.nodes["recurrent"].make() if "recurrent" in initializer.nodes else None

    def draft(self) -> Model:
        """Return a network as its class constructs it, before the initializer is applied."""
        return self.model.make(self.spec, **self.given)

    def check(self, network: Model, inputs: Tensor) -> None:
        """Check that `frozen`, `init_from` and the initializer can be applied to a draft of the network.

        Args:
            network: a draft, which may be on the meta device.
            inputs: a few inputs on the same device.

        Raises:
            ConfigError: If one of them cannot; the message names what was expected.
        """
        try:
            self.initializer.check(network)
        except ValueError as error:
            raise ConfigError(f"initializer: {error}") from error
        network = self.normalization.wrap(network)
        frozen_names(network, self.keys.frozen, inputs)
        if self.keys.init_from is not None:
            source = source_for(network, self.keys.init_from)
            self.transferred = transfer_note(matching(network, source, self.spec), source, self.spec)

    def make(self, inputs: Tensor, seed: int) -> Model:
        """Return a new network with initial weights, in training mode.

        Args:
            inputs: training inputs (examples, *shape), for initializers that depend on the data.
            seed: seed of all random numbers.

        Raises:
            ConfigError: If a pattern of `frozen` or the source of `init_from` matches no weights.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.draft()
        initialize(network, self.initializer, self.first, self.recurrent, self.activation(), inputs, seed)
        network = self.normalization.wrap(network)  # weight normalization reparametrizes the initial weights
        if self.keys.init_from is not None:
            copy_matching(network, source_for(network, self.keys.init_from), self.spec)
        frozen = frozen_names(network, self.keys.frozen, inputs[:1])
        for name, parameter in network.named_parameters():
            if name in frozen:
                parameter.requires_grad_(False)
        network.frozen = frozen_modules(network, frozen)
        return network.train().to(self.dtype)


def source_for(network: Model, place: str) -> Source:
    """Return the weights of another run, in the form that the network has for those of an earlier revision."""
    source = Source.read(place)
    return replace(source, state=network.from_earlier(source.state))
