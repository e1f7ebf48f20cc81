"""The weight matrices of a network, with the properties of each that an initializer needs."""

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
    """A layer that declares its fans, because they do not follow from the shape of its weights.

    Attributes:
        fans: fan_in and fan_out of a unit.
    """

    fans: tuple[int, int]


class Projection(nn.Linear):
    """A linear layer without an activation after it, as in attention; initializers use a gain of 1 for it."""


@dataclass(frozen=True)
class Place:
    """The properties of a weight matrix that an initializer needs.

    Attributes:
        fan_in: number of inputs of one unit.
        fan_out: number of units that one input is connected to.
        activation: name of the class of the activation after the layer, in lower case; `identity` for the output layer
            and for projections.
        gain: gain of that activation, see `activation_gain`; 1 for the output layer, for projections, for gates and for
            recurrent weights, whose scale is `recurrent_gain`.
        recurrent: whether the matrix maps a hidden state to the next one.
    """

    fan_in: int
    fan_out: int
    activation: str = "identity"
    gain: float = 1.0
    recurrent: bool = False


def weights(network: nn.Module, activation: nn.Module) -> Iterator[tuple[str, Tensor, Place]]:
    """Yield name, matrix and properties of every weight of linear, convolutional and recurrent layers.

    The stacked gate matrices of recurrent layers are yielded gate by gate, as views.

    Args:
        network: any network; its output layer is called `output`. A layer may declare its fans, see `OwnFans`.
        activation: activation of the hidden layers.
    """
    name_of, gain = type(activation).__name__.lower(), activation_gain(activation)
    for prefix, module in network.named_modules():
        own = dict(module.named_parameters(prefix, recurse=False))
        hidden = not is_output(prefix) and not isinstance(module, Projection)
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
    """Return whether a module is a recurrent layer that stacks the matrices of its gates as torch does."""
    return isinstance(module, nn.RNNBase | Unrolled)


def _recurrent_place(module: nn.Module, gate: Tensor, recurrent: bool) -> Place:
    # Only a plain recurrent layer has a single activation; gated layers use sigmoid and tanh.
    nonlinearity = nonlinearity_of(module)
    layer = nonlinearity or nn.Tanh()
    gain = activation_gain(layer) if nonlinearity and not recurrent else 1.0
    return Place(gate.shape[1], gate.shape[0], type(layer).__name__.lower(), gain, recurrent)


def nonlinearity_of(layer: nn.Module) -> nn.Module | None:
    """Return the activation of a plain recurrent layer, or None for gated layers and all other modules."""
    if isinstance(layer, nn.RNN):
        return nn.Tanh() if layer.nonlinearity == "tanh" else nn.ReLU()
    return layer.nonlinearity if isinstance(layer, Unrolled) else None


def fans(module: nn.Module, weight: Tensor) -> tuple[int, int]:
    """Return fan_in and fan_out of a layer's weight (out, in, *kernel), or (in, out, *kernel) if it is transposed."""
    if isinstance(module, OwnFans):
        return module.fans
    field = weight[0, 0].numel() if weight.dim() > 2 else 1
    transposed = isinstance(module, nn.modules.conv._ConvTransposeNd)
    fan_out, fan_in = (1, 0) if transposed else (0, 1)
    return weight.shape[fan_in] * field, weight.shape[fan_out] * field
