"""Losses as likelihoods: what a prior must be multiplied by to stand beside a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FACTORS = {"mse": 2.0, "mae": 1.0, "huber": 1.0, "cross_entropy": 1.0, "nll": 1.0, "bernoulli": 1.0}
SHARED = ("mse", "mae", "huber", "bernoulli")  # these losses are averaged over the outputs as well


def likelihood_factor(objective: Mapping[str, Any], outputs: int) -> float | None:
    """Return c such that the loss is c times the mean negative log-likelihood of an example, up to a constant.

    The squared error is that of Gaussian noise with standard deviation 1, the absolute error that of Laplace noise
    with scale 1 (both in the units the model sees), the others are likelihoods as they stand. None: no likelihood.

    Args:
        objective: its keys, `loss` and `scale`.
        outputs: numbers in one target.
    """
    loss = objective.get("loss")
    if loss not in FACTORS:
        return None
    factor = FACTORS[loss] * float(objective.get("scale", 1.0))
    return factor / outputs if loss in SHARED else factor
