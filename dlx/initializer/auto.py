"""Initialization that fits the activation."""

from __future__ import annotations

from torch import Generator, Tensor

from dlx.contracts.initializer import Initializer
from dlx.nn.weights import Place

XAVIER = ("sigmoid", "tanh", "softsign", "identity")


class Auto(Initializer):
    """Choose a normal initialization by the activation after a layer.

    Xavier (2 / (fan_in + fan_out), Glorot & Bengio 2010) for sigmoid, tanh, softsign and linear layers, LeCun (1 /
    fan_in) for SELU (Klambauer et al. 2017), He (gain² / fan_in, He et al. 2015) for ReLU and its variants.

    Example:
        dlx train -m initializer=auto activation=tanh,relu,selu model.depth=20
    """

    def fill(self, weight: Tensor, place: Place, generator: Generator) -> None:
        """Fill one weight matrix."""
        if place.activation in XAVIER:
            variance = 2.0 / (place.fan_in + place.fan_out)
        elif place.activation == "selu":
            variance = 1.0 / place.fan_in
        else:
            variance = place.gain**2 / place.fan_in
        weight.normal_(0.0, variance**0.5, generator=generator)
