"""The factors between losses and negative log-likelihoods, by which priors are weighted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FACTORS = {
    "mse": 2.0,
    "mae": 1.0,
    "huber": 1.0,
    "cross_entropy": 1.0,
    "nll": 1.0,
    "bernoulli": 1.0,
    "binary_cross_entropy": 1.0,
}
SHARED = (
    "mse",
    "mae",
    "huber",
    "bernoulli",
    "binary_cross_entropy",
)  # losses that are averaged over the outputs as well


def likelihood_factor(objective: Mapping[str, Any], outputs: int, steps: int = 0) -> float | None:
    """Return c such that the loss is c times the mean negative log-likelihood of an example, up to a constant.

    The squared error corresponds to Gaussian noise with standard deviation 1 and the absolute error to Laplace noise
    with scale 1, both in the units of the model; the others are negative log-likelihoods themselves. Returns None if
    the loss corresponds to no likelihood.

    Args:
        objective: the keys of the objective, among them `loss` and `scale`.
        outputs: number of values in one target.
        steps: number of steps of a target that is a sequence, or of pixels of a mask, over which the loss is averaged
            too; 0: neither.
    """
    loss = objective.get("loss")
    if loss not in FACTORS:
        return None
    factor = FACTORS[loss] * float(objective.get("scale", 1.0)) / max(steps, 1)
    return factor / outputs if loss in SHARED else factor
