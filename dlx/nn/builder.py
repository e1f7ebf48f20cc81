"""Construction of a network with its initial weights from the chosen options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from dlx.config.choice import Choice
from dlx.config.kinds import keys
from dlx.config.shared_keys import NetworkKeys
from dlx.contracts.model import Model
from dlx.contracts.normalization import Normalization
from dlx.contracts.transfer import Transfer
from dlx.errors import ConfigError, located
from dlx.nn.frozen import frozen_modules, frozen_names
from dlx.nn.initialize import Start, initialize
from dlx.nn.nested import fitted, placed
from dlx.nn.source import Copied, Source
from dlx.nn.transfer import copy_matching, matching, transfer_note
from dlx.spec import DataSpec

STYLE = {"initializer", "activation", "normalization"}  # groups of a part that the construction uses


class NetworkBuilder:
    """Builds networks from the chosen options; it can be used any number of times.

    Args:
        model: the chosen model.
        initializer: the chosen weight initialization.
        activation: the activation of the hidden layers.
        normalization: the normalization of the hidden layers.
        spec: specification of the model's inputs and targets, after conversion to a kind that the model accepts.
        dtype: dtype of the weights.
        parts: options that parts of the network have of their own, by part and group.
        transfer: what is done with weights that are copied from another run.
        source: function that reads the other run; None: nothing is copied.
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
        dtype: torch.dtype,
        parts: Mapping[str, Mapping[str, Choice]],
        transfer: Transfer,
        source: Callable[[], Source] | None,
        **given: Any,
    ) -> None:
        self.model, self.spec, self.dtype = model, spec, dtype
        self.transfer, self.read_source = transfer, source
        self.transferred = ""  # set by `check`: a note on the weights copied from another run
        self.copied = Copied((), (), ())  # set by `check`: the names of these weights
        self.activation = activation.make
        self.normalization: Normalization = normalization.make()
        self.given = {**given, "activation": self.activation, "normalization": self.normalization}
        self.given["build"] = self.nested
        self.keys = model.common(NetworkKeys)
        self.start = Start.of(initializer, self.activation())
        self.own = {part: own for part, own in parts.items() if set(own) & STYLE}
        self.starts = {
            part: Start.of(own.get("initializer", initializer), own.get("activation", activation).make())
            for part, own in self.own.items()
        }
        self.norms: dict[str, Normalization] = {
            part: own["normalization"].make() for part, own in self.own.items() if "normalization" in own
        }

    def draft(self) -> Model:
        """Return a network as its class constructs it, before the initializer is applied."""
        return self.model.make(self.spec, **self.given)

    def empty(self, seed: int) -> Model:
        """Return a network whose weights are to be loaded, in evaluation mode.

        Args:
            seed: seed of all random numbers that its construction draws.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.wrapped(self.draft())
        return network.eval().to(self.dtype)

    def nested(self, model: Choice, spec: DataSpec, shape: tuple[int, ...] = ()) -> torch.nn.Module:
        """Return a network of an option that is nested in the model, see `dlx.nn.nested.Build`."""
        part = model.path.rpartition(".")[2]
        given = dict(self.given)
        if "activation" in self.own.get(part, ()):
            given["activation"] = self.own[part]["activation"].make
        if part in self.norms:
            given["normalization"] = self.norms[part]
        spec, flat, reshaped = fitted(model, spec, shape)
        return placed(model.make(spec, **given), flat, shape if reshaped else ())

    def wrapped(self, network: Model) -> Model:
        """Return the network with the normalizations that reparametrize weights; a part of its own has its own."""
        if not self.norms:
            return self.normalization.wrap(network)
        for name, module in network.named_children():
            self.norms.get(name, self.normalization).wrap(module)
        return network

    def check(self, network: Model, inputs: Tensor) -> None:
        """Check that `frozen`, the transfer and the initializer can be applied to a draft of the network.

        Args:
            network: a draft, which may be on the meta device.
            inputs: a few inputs on the same device.

        Raises:
            ConfigError: If one of them cannot; the message names what was expected.
        """
        for path, start in {"": self.start, **self.starts}.items():
            try:
                start.initializer.check(network)
            except ValueError as error:
                raise ConfigError(f"{path}.initializer: {error}".lstrip(".")) from error
        network = self.wrapped(network)
        frozen_names(network, self.keys.frozen, inputs)
        if self.read_source is not None:
            source = self.source_for(network)
            copied = matching(network, source, self.spec, self.model.option)
            still = self._frozen(network, copied, inputs)
            try:
                self.transfer.check(copied, source)
            except ValueError as error:
                raise self._refused(error) from error
            self.copied, self.transferred = copied, transfer_note(copied, source, self.spec, still)

    def make(self, inputs: Tensor, seed: int) -> Model:
        """Return a new network with initial weights, in training mode.

        Args:
            inputs: training inputs (examples, *shape), for initializers that depend on the data.
            seed: seed of all random numbers.

        Raises:
            ConfigError: If a pattern of `frozen` or the source of the transfer matches no weights.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self.draft()
        initialize(network, self.start, self.starts, inputs, seed)
        network = self.wrapped(network)  # weight normalization reparametrizes the initial weights
        frozen = frozen_names(network, self.keys.frozen, inputs[:1])
        if self.read_source is not None:
            source = self.source_for(network)
            copied = copy_matching(network, source, self.spec, self.model.option)
            frozen |= self._frozen(network, copied, inputs[:1])
            self.transfer.begin(network, copied, source)
        for name, parameter in network.named_parameters():
            if name in frozen:
                parameter.requires_grad_(False)
        network.frozen = frozen_modules(network, frozen)
        return network.train().to(self.dtype)

    def source_for(self, network: Model) -> Source:
        """Return the other run, its weights in the form that the network has for those of an earlier revision."""
        source = self.source
        return replace(source, state=network.from_earlier(source.state))

    @cached_property
    def source(self) -> Source:
        """The other run whose weights are copied, which is read once."""
        assert self.read_source is not None, "asked for where weights are copied"
        return self.read_source()

    def _refused(self, error: ValueError) -> ConfigError:
        cls: type = type(self.transfer)
        return ConfigError(located("transfer", str(error), keys(cls)))

    def _frozen(self, network: Model, copied: Copied, inputs: Tensor) -> set[str]:
        try:
            return self.transfer.frozen(network, copied, inputs)
        except ValueError as error:
            raise self._refused(error) from error
