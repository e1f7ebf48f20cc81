"""Sums of weights for penalties, and soft thresholding."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def total(terms: list[Tensor]) -> Tensor:
    """Return the sum of scalars, 0 if there are none."""
    return torch.stack(terms).sum() if terms else torch.zeros(())


def sum_of_absolutes(weights: Weights) -> Tensor:
    """Return sum |w|; its gradient is the sign of w, 0 at 0."""
    return total([weight.abs().sum() for weight in weights.values()])


def sum_of_squares(weights: Weights) -> Tensor:
    """Return sum w²; its gradient is 2 w."""
    return total([weight.square().sum() for weight in weights.values()])


def soft_threshold(weights: Weights, amount: float) -> dict[str, Tensor]:
    """Return sign(w) · max(|w| - amount, 0), which minimizes (v - w)²/2 + amount · |v| over v."""
    return {name: weight.sign() * (weight.abs() - amount).clamp_min(0) for name, weight in weights.items()}
