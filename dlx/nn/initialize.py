"""Initialization of the weights and biases of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from dlx.config.choice import Choice
from dlx.config.shared_keys import FirstWeights
from dlx.contracts import in_part
from dlx.contracts.initializer import Initializer
from dlx.contracts.model import Model
from dlx.nn.network import is_output
from dlx.nn.weights import Place, is_recurrent, weights


@dataclass(frozen=True)
class Start:
    """How the weights of a network, or of a part of it, are initialized.

    Attributes:
        initializer: initializer of all weights, except the recurrent ones if `recurrent` is given.
        common: the keys that all initializers share.
        recurrent: initializer of the recurrent weights; None: the same.
        activation: activation of the hidden layers.
    """

    initializer: Initializer
    common: FirstWeights
    recurrent: Initializer | None
    activation: nn.Module

    @classmethod
    def of(cls, initializer: Choice, activation: nn.Module) -> Start:
        """Return the start that an option of the group initializer describes."""
        recurrent = initializer.nodes["recurrent"].make() if "recurrent" in initializer.nodes else None
        return cls(initializer.make(), initializer.common(FirstWeights), recurrent, activation)


def initialize(network: nn.Module, start: Start, own: Mapping[str, Start], inputs: Tensor, seed: int) -> None:
    """Initialize the weights and biases of a network in place.

    Biases become 0 or `common.bias` if the initializer sets new weights.

    Args:
        network: network constructed under `torch.manual_seed(seed)`, so that torch's default initialization is
            reproducible too.
        start: how its weights are initialized.
        own: how those of parts of the network are, by part.
        inputs: training inputs (examples, *shape), for initializers that depend on the data.
        seed: seed of the random stream `init`.
    """
    generator = Generator().manual_seed(seed)
    places = {part: {name: place for name, _, place in weights(network, s.activation)} for part, s in own.items()}
    with torch.no_grad():
        for name, weight, place in weights(network, start.activation):
            part = part_of(name, own)
            if part is not None:
                place = places[part][name]
            _fill(start if part is None else own[part], weight, place, generator)
        _fill_biases(network, start, own)
        start.initializer.refine(network, inputs)
    for module in network.modules():
        if isinstance(module, Model):
            module.after_initialization()


def part_of(name: str, parts: Iterable[str]) -> str | None:
    """Return the first of the parts that a parameter belongs to, or None."""
    return next((part for part in parts if in_part(name, part)), None)


def _fill(start: Start, weight: Tensor, place: Place, generator: Generator) -> None:
    chosen = start.recurrent if place.recurrent and start.recurrent is not None else start.initializer
    chosen.fill(weight, place, generator)
    if place.recurrent and start.common.recurrent_gain != 1:
        weight.mul_(start.common.recurrent_gain)


def _fill_biases(network: nn.Module, start: Start, parts: Mapping[str, Start]) -> None:
    for prefix, module in network.named_modules():
        own = dict(module.named_parameters(prefix, recurse=False))
        hidden = not is_output(prefix) and any(parameter.dim() >= 2 for parameter in own.values())
        for name, parameter in own.items():
            last = name.rsplit(".", 1)[-1]
            if "bias" not in last:
                continue
            part = part_of(name, parts)
            used = start if part is None else parts[part]
            value = used.common.bias
            if value is not None and hidden:
                # Recurrent layers have two biases per gate, which are added: one is set to the value, the other to 0.
                parameter.fill_(0.0 if is_recurrent(module) and "bias_hh" in last else value)
            elif used.initializer.redraws:
                parameter.zero_()
