"""Regression metrics."""

from __future__ import annotations

from torch import Tensor
from torchmetrics.functional.regression import mean_absolute_error, mean_squared_error


def error_metrics(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """Return the errors of predictions (examples, outputs), averaged over examples and outputs.

    `nmse` is the mean squared error divided by the variance of the targets, `r2` = 1 - nmse; both are left out if the
    targets do not vary.
    """
    prediction, target = prediction.double().contiguous(), target.double().contiguous()
    mse = mean_squared_error(prediction, target).item()
    found = {"mse": mse, "rmse": mse**0.5, "mae": mean_absolute_error(prediction, target).item()}
    variance = (target - target.mean(0)).square().mean().item()
    return found | ({"nmse": mse / variance, "r2": 1 - mse / variance} if variance else {})
