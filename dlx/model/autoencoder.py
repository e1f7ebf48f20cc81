"""Autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from torch import nn

from dlx.contracts.activation import pieces_of
from dlx.model._coder import Coder
from dlx.spec import DataSpec, Positive


class Autoencoder(Coder):
    """`y = decode(encode(x))` with a code of `latent` numbers (Rumelhart et al. 1986; Hinton & Salakhutdinov 2006).

    A code with fewer numbers than the input is a bottleneck, one with more is overcomplete. The decoder mirrors the
    encoder. The reconstruction is a linear output, without normalization and activation. Choosing this model chooses
    `objective=reconstruction`.

    Args:
        layers: `linear` has no hidden layer: with the squared error, the optimum spans the same subspace as the first
            principal components (Bourlard & Kamp 1988; Baldi & Hornik 1989). `mlp` has fully connected hidden layers,
            `conv` convolutions with kernel size 3 that halve the map by a stride of 2 as long as two positions are
            left; its decoder enlarges the map by repeating values, each time followed by a convolution.
        code_activation: apply the activation to the code, which is linear otherwise. With depth=1 the code is then the
            only hidden layer, as in the autoencoders of Vincent et al. (2008) and Rifai et al. (2011).

    Example:
        dlx train -m model=autoencoder model.layers=linear,mlp,conv model.latent=2,8
    """

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
        code_activation: bool = False,
    ) -> None:
        nonlinearity = activation() if code_activation else nn.Identity()
        self.per_value = pieces_of(nonlinearity)
        super().__init__(
            spec, activation, normalization, dropout, layers=layers, depth=depth, width=width, latent=latent
        )
        if code_activation:
            self.encoder.add_module("activation", nonlinearity)
