"""The gain of an activation: the factor on the weights that preserves the second moment of a signal."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import torch
from torch import nn

from dlx.contracts.activation import pieces_of

NODES = 400


@cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    # The midpoint rule on a fine grid is more accurate than Gauss-Hermite at the kinks of ReLU and its variants.
    edges = np.linspace(-12, 12, NODES * 50 + 1)
    z = (edges[1:] + edges[:-1]) / 2
    weight = np.exp(-z * z / 2)
    return z, weight / weight.sum()


def activation_gain(activation: nn.Module) -> float:
    """Return sqrt(1 / E[f(z)²]) for z ~ N(0, 1): sqrt 2 for ReLU (He et al. 2015, eq. 10), 1 for the identity.

    For the maximum of n units (maxout) z has the density n φ(z) Φ(z)^(n - 1). Activations that combine units in another
    way are not scalar functions; their gain is 1.
    """
    z, weight = _quadrature()
    pieces = pieces_of(activation)
    if pieces > 1:
        density = pieces * weight * (np.cumsum(weight) - weight / 2) ** (pieces - 1)
        return float((density * z**2).sum() / density.sum()) ** -0.5
    with torch.no_grad():
        try:
            value = copy.deepcopy(activation).double()(torch.from_numpy(z)[:, None])
        except (ValueError, RuntimeError):
            return 1.0
        if value.shape != (len(z), 1):
            return 1.0
        moment = float((value[:, 0].square() * torch.from_numpy(weight)).sum())
    return moment**-0.5 if moment > 0 else 1.0
