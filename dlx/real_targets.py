"""Losses and metrics of real targets, shared by the objectives that predict numbers."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

LOSSES = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.smooth_l1_loss}


def error_metrics(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """Return the errors of predictions (examples, outputs), averaged over examples and outputs.

    `nmse` is the mean squared error over the variance of the targets, `r2` = 1 - nmse.
    """
    prediction, target = prediction.double(), target.double()
    mse = F.mse_loss(prediction, target).item()
    variance = (target - target.mean(0)).square().mean().item()
    nmse = mse / variance if variance else float("nan")
    return {"mse": mse, "rmse": mse**0.5, "mae": F.l1_loss(prediction, target).item(), "nmse": nmse, "r2": 1 - nmse}
