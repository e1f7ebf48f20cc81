"""A quadratic penalty on the distance of weights from those that were copied."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dlx.nn.source import Copied


def anchors_of(network: nn.Module, copied: Copied) -> dict[str, Tensor]:
    """Return the copied parameters of a network by name; they do not change when the network is trained."""
    same = set(copied.same)
    return {name: p.detach().clone() for name, p in network.named_parameters() if name in same}


def weighted_squares(
    weights: Mapping[str, Tensor], anchors: Mapping[str, Tensor], factors: Mapping[str, Tensor] | None = None
) -> Tensor:
    """Return sum f (w - a)² over the weights that have an anchor a; a factor f is 1 if there are no factors."""
    terms = []
    for name, anchor in anchors.items():
        if name in weights:
            square = (weights[name] - anchor.to(weights[name])).square()
            terms.append((square if factors is None else factors[name].to(square) * square).sum())
    return torch.stack(terms).sum() if terms else torch.zeros(())
