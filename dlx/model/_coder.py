"""The common part of the autoencoders: an encoder and the decoder that mirrors it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import Annotated, Literal

from torch import Tensor, nn

from dlx.nn.convolution import SMALLEST
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec, Positive

Make = Callable[[Callable[[int], nn.Module], int, int], nn.Module]  # weights, width, dimensions


class Coder(Network):
    """Base class of networks `y = decode(encode(x))`, whose decoder mirrors the encoder.

    The outputs of the encoder and the decoder are linear, without normalization and activation.

    Args:
        layers: `linear` has no hidden layer; `mlp` has fully connected hidden layers, `conv` convolutions with kernel
            size 3 that halve the map by a stride of 2 as long as two positions are left; its decoder enlarges the map
            by repeating values, each time followed by a convolution.
        depth: number of weight layers of the encoder, including the one that gives the code; not used by `linear`.
        width: number of units or channels of each hidden layer; not used by `linear`.
        latent: number of values of the code.

    Attributes:
        per_value: number of outputs of the encoder for each value of the code.
    """

    per_value: int = 1
    accepts = ("image", "vector")
    gives = ("vector", "map")
    parts = ("encoder", "decoder")
    codes = True
    targets = ("self",)

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        layers: Literal["linear", "mlp", "conv"],
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        latent: Annotated[int, Positive],
    ) -> None:
        super().__init__()
        if layers == "conv" and spec.input != "image":
            raise ValueError(f"layers: conv needs images; the data are {spec}; expected layers=mlp or linear")

        def make(weights: Callable[[int], nn.Module], width: int, dimensions: int) -> nn.Module:
            return hidden_layer(weights, width, dimensions, activation, normalization, dropout)

        widths = [] if layers == "linear" else [width] * (depth - 1)
        build = convolutional if layers == "conv" else connected
        self.encoder, self.decoder = build(spec, widths, (self.per_value * latent, latent), make)

    def encode(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to codes (batch, latent)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map codes (batch, latent) to reconstructions (batch, *shape)."""
        return self.decoder(z)

    def features(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to codes (batch, latent)."""
        return self.encode(x)

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to reconstructions (batch, *shape), without channels that an objective added."""
        return self.decode(self.encode(x))


def named(**layers: nn.Module) -> nn.Sequential:
    """Return modules in sequence, by name; a layer without an activation behind it is called `output`."""
    return nn.Sequential(OrderedDict(layers))


def linear(fan_in: int) -> Callable[[int], nn.Module]:
    """Return a function that returns a linear layer with `fan_in` inputs and a given number of units."""
    return lambda units: nn.Linear(fan_in, units)


def connected(
    spec: DataSpec, widths: list[int], code: tuple[int, int], make: Make
) -> tuple[nn.Sequential, nn.Sequential]:
    """Return an encoder with fully connected hidden layers of these widths, and the decoder that mirrors it.

    `code` has the number of outputs of the encoder and of inputs of the decoder.
    """
    size, shape = prod(spec.shape), (spec.outputs, *spec.shape[1:])  # without the channels that an objective adds
    there, back = [size, *widths], [code[1], *reversed(widths)]
    encoder = named(
        flat=nn.Flatten(),
        hidden=nn.Sequential(*(make(linear(fan_in), units, 1) for fan_in, units in pairwise(there))),
        output=nn.Linear(there[-1], code[0]),
    )
    decoder = named(
        hidden=nn.Sequential(*(make(linear(fan_in), units, 1) for fan_in, units in pairwise(back))),
        output=nn.Linear(back[-1], prod(shape)),
        shape=nn.Unflatten(1, shape),
    )
    return encoder, decoder


def convolutional(
    spec: DataSpec, widths: list[int], code: tuple[int, int], make: Make
) -> tuple[nn.Sequential, nn.Sequential]:
    """Return an encoder of convolutions with these channels, and the decoder that mirrors it.

    `code` has the number of outputs of the encoder and of inputs of the decoder. The decoder's first layer is linear
    and gives the smallest map.
    """
    channels, *space = spec.shape
    counts, sizes, strides = [channels, *widths], [tuple(space)], []
    for _ in widths:
        strides.append(2 if (min(sizes[-1]) + 1) // 2 >= SMALLEST else 1)
        sizes.append(tuple((n - 1) // strides[-1] + 1 for n in sizes[-1]))

    def convolution(fan_in: int, stride: int) -> Callable[[int], nn.Module]:
        return lambda units: nn.Conv2d(fan_in, units, 3, stride, padding=1)

    smallest = (counts[-1], *sizes[-1])
    encoder = named(
        hidden=nn.Sequential(
            *(make(convolution(c, s), u, 3) for (c, u), s in zip(pairwise(counts), strides, strict=True))
        ),
        flat=nn.Flatten(),
        output=nn.Linear(prod(smallest), code[0]),
    )
    back = [counts[-1], *reversed(counts[1:])]
    enlarge = [
        nn.Sequential(nn.Upsample(size), make(convolution(fan_in, 1), units, 3))
        for (fan_in, units), size in zip(pairwise(back), reversed(sizes[:-1]), strict=True)
    ]
    decoder = named(
        code=make(linear(code[1]), prod(smallest), 1),
        shape=nn.Unflatten(1, smallest),
        hidden=nn.Sequential(*enlarge),
        output=output_layer(back[-1], spec, len(space)),
    )
    return encoder, decoder
