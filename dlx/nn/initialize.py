"""Initialization of the weights and biases of a network."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from dlx.config.shared_keys import FirstWeights
from dlx.contracts.initializer import Initializer
from dlx.contracts.model import Model
from dlx.nn.network import is_output
from dlx.nn.weights import is_recurrent, weights


def initialize(
    network: nn.Module,
    initializer: Initializer,
    common: FirstWeights,
    recurrent: Initializer | None,
    activation: nn.Module,
    inputs: Tensor,
    seed: int,
) -> None:
    """Initialize the weights and biases of a network in place.

    Biases become 0 or `common.bias` if the initializer sets new weights.

    Args:
        network: network constructed under `torch.manual_seed(seed)`, so that torch's default initialization is
            reproducible too.
        initializer: initializer of all weights, except the recurrent ones if `recurrent` is given.
        common: the keys that all initializers share.
        recurrent: initializer of the recurrent weights; None: the same.
        activation: activation of the hidden layers.
        inputs: training inputs (examples, *shape), for initializers that depend on the data.
        seed: seed of the random stream `init`.
    """
    generator = Generator().manual_seed(seed)
    with torch.no_grad():
        for _, weight, place in weights(network, activation):
            chosen = recurrent if place.recurrent and recurrent is not None else initializer
            chosen.fill(weight, place, generator)
            if place.recurrent and common.recurrent_gain != 1:
                weight.mul_(common.recurrent_gain)
        _fill_biases(network, initializer.redraws, common.bias)
        initializer.refine(network, inputs)
    if isinstance(network, Model):
        network.after_initialization()


def _fill_biases(network: nn.Module, redraws: bool, value: float | None) -> None:
    for prefix, module in network.named_modules():
        own = dict(module.named_parameters(prefix, recurse=False))
        hidden = not is_output(prefix) and any(parameter.dim() >= 2 for parameter in own.values())
        for name, parameter in own.items():
            last = name.rsplit(".", 1)[-1]
            if "bias" not in last:
                continue
            if value is not None and hidden:
                # Recurrent layers have two biases per gate, which are added: one is set to the value, the other to 0.
                parameter.fill_(0.0 if is_recurrent(module) and "bias_hh" in last else value)
            elif redraws:
                parameter.zero_()
