"""The weight matrices of a network, whatever its layers, with what an initializer must know of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from dlx.nn.gain import activation_gain
from dlx.nn.network import is_output
from dlx.nn.recurrent import Unrolled


@runtime_checkable
class OwnFans(Protocol):
    """A layer whose weights are shaped in its own way.

    Attributes:
        fans: fan_in and fan_out of a unit.
    """

    fans: tuple[int, int]


@dataclass(frozen=True)
class Place:
    """Where a weight matrix stands.

    Attributes:
        fan_in: inputs of one unit.
        fan_out: units that one input reaches.
        activation: name of the class of the activation behind the layer, in lower case; `identity` behind the output.
        gain: that activation's gain, see `activation_gain`; 1 behind the output, in gates and on recurrent weights,
            whose scale is `recurrent_gain`.
        recurrent: whether the matrix maps a hidden state to the next one.
    """

    fan_in: int
    fan_out: int
    activation: str = "identity"
    gain: float = 1.0
    recurrent: bool = False


def weights(network: nn.Module, activation: nn.Module) -> Iterator[tuple[str, Tensor, Place]]:
    """Yield name, matrix and place of every weight of linear, convolutional and recurrent layers.

    The stacked gate matrices of recurrent layers are yielded gate by gate, as views. A layer whose weights are shaped
    in its own way says so by `fans`, see `OwnFans`.

    Args:
        network: any network; the layer that gives its outputs is called `output`.
        activation: what stands behind its hidden layers.
    """
    name_of, gain = type(activation).__name__.lower(), activation_gain(activation)
    for prefix, module in network.named_modules():
        own = dict(module.named_parameters(prefix, recurse=False))
        hidden = not is_output(prefix)
        for name, parameter in own.items():
            if parameter.dim() < 2 or parameter.numel() == 0 or isinstance(module, nn.Embedding):
                continue
            if is_recurrent(module):
                recurrent = "weight_hh" in name
                for number, gate in enumerate(parameter.data.split(module.hidden_size)):  # type: ignore[arg-type]
                    place = _recurrent_place(module, gate, recurrent)
                    yield f"{name}.{number}", gate, place
            else:
                fan_in, fan_out = fans(module, parameter)
                after = (name_of, gain) if hidden else ("identity", 1.0)
                yield name, parameter.data, Place(fan_in, fan_out, *after)


def is_recurrent(module: nn.Module) -> bool:
    """Tell whether a module stacks its gates' matrices as torch's recurrent layers do."""
    return isinstance(module, nn.RNNBase | Unrolled)


def _recurrent_place(module: nn.Module, gate: Tensor, recurrent: bool) -> Place:
    # Only a plain recurrent layer has one activation for all that it computes; gates squash with sigmoid and tanh.
    nonlinearity = nonlinearity_of(module)
    layer = nonlinearity or nn.Tanh()
    gain = activation_gain(layer) if nonlinearity and not recurrent else 1.0
    return Place(gate.shape[1], gate.shape[0], type(layer).__name__.lower(), gain, recurrent)


def nonlinearity_of(layer: nn.Module) -> nn.Module | None:
    """Return the one activation of a plain recurrent layer; None for gated layers and all others."""
    if isinstance(layer, nn.RNN):
        return nn.Tanh() if layer.nonlinearity == "tanh" else nn.ReLU()
    return layer.nonlinearity if isinstance(layer, Unrolled) else None


def fans(module: nn.Module, weight: Tensor) -> tuple[int, int]:
    """Return fan_in and fan_out of a layer's weight (out, in, *kernel), or (in, out, *kernel) if transposed."""
    if isinstance(module, OwnFans):
        return module.fans
    field = weight[0, 0].numel() if weight.dim() > 2 else 1
    transposed = isinstance(module, nn.modules.conv._ConvTransposeNd)
    fan_out, fan_in = (1, 0) if transposed else (0, 1)
    return weight.shape[fan_in] * field, weight.shape[fan_out] * field
