"""From the chosen options to a network with its first weights: what all models have in common stands here once."""

from __future__ import annotations

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
    """Builds a network, any number of times.

    Args:
        model: the chosen model.
        initializer: of its first weights.
        activation: behind the hidden layers.
        normalization: in the hidden layers.
        spec: what the model is given, after adaptation.
        dtype: of the weights.
        given: further run-time values that a model may name: dropout, ...

    Raises:
        ConfigError: keys of the normalization or the initializer do not go together.
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
        self.transferred = ""  # what `check` has seen of the weights of another run, in words
        self.activation = activation.make
        self.normalization: Normalization = normalization.make()
        self.given = {**given, "activation": self.activation, "normalization": self.normalization}
        self.keys = model.common(NetworkKeys)
        self.initializer: Initializer = initializer.make()
        self.first = initializer.common(FirstWeights)
        self.recurrent = initializer.nodes["recurrent"].make() if "recurrent" in initializer.nodes else None

    def draft(self) -> Model:
        """Return the network as its class makes it, without the first weights of the initializer."""
        return self.model.make(self.spec, **self.given)

    def check(self, network: Model, inputs: Tensor) -> None:
        """Refuse `frozen`, `init_from` and an initializer that match nothing of a draft (perhaps on the meta device).

        Args:
            network: the draft.
            inputs: a few inputs, on its device.

        Raises:
            ConfigError: names what was looked for.
        """
        try:
            self.initializer.check(network)
        except ValueError as error:
            raise ConfigError(f"initializer: {error}") from error
        network = self.normalization.wrap(network)
        frozen_names(network, self.keys.frozen, inputs)
        if self.keys.init_from is not None:
            source = Source.read(self.keys.init_from)
            self.transferred = transfer_note(matching(network, source, self.spec), source, self.spec)

    def make(self, inputs: Tensor, seed: int) -> Model:
        """Build the network with its first weights, drawn from `seed` alone; `inputs` serve initializers that look."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.draft()
        initialize(network, self.initializer, self.first, self.recurrent, self.activation(), inputs, seed)
        network = self.normalization.wrap(network)  # of weights themselves; it comes after the first weights
        if self.keys.init_from is not None:
            copy_matching(network, Source.read(self.keys.init_from), self.spec)
        frozen = frozen_names(network, self.keys.frozen, inputs[:1])
        for name, parameter in network.named_parameters():
            if name in frozen:
                parameter.requires_grad_(False)
        network.frozen = frozen_modules(network, frozen)
        return network.train().to(self.dtype)
