"""Metrics of predicted classes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_f1_score,
    binary_precision,
    binary_recall,
    multiclass_auroc,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)


def class_metrics(scores: Tensor, predicted: Tensor, target: Tensor, probabilistic: bool) -> dict[str, float]:
    """Return the metrics of a split, as scikit-learn defines them.

    Of two classes, precision, recall and f1 are those of the second one; of more they are macro averages, a class
    without any example and prediction left out as scikit-learn counts the others. What is not defined is not there:
    auroc where a class has no example, cross_entropy and calibration_slope where scores are no logits.

    Args:
        scores: for each class (examples, classes).
        predicted: classes (examples,).
        target: classes (examples,).
        probabilistic: whether softmax(scores) are meant as probabilities.
    """
    classes = scores.shape[1]
    found = {"accuracy": (predicted == target).double().mean().item()}
    if classes == 2:
        margin = scores[:, 1] - scores[:, 0]
        found["precision"] = binary_precision(predicted, target, validate_args=False).item()
        found["recall"] = binary_recall(predicted, target, validate_args=False).item()
        found["f1"] = binary_f1_score(predicted, target, validate_args=False).item()
        if len(target.unique()) == 2:
            # Ranks in place of scores: torchmetrics would squash large scores together.
            ranks = margin.unique(return_inverse=True)[1].double()
            found["auroc"] = binary_auroc(ranks / ranks.max().clamp_min(1), target, validate_args=False).item()
    else:
        common: dict[str, Any] = {"num_classes": classes, "average": "macro", "validate_args": False}
        found["precision"] = multiclass_precision(predicted, target, **common).item()
        found["recall"] = multiclass_recall(predicted, target, **common).item()
        found["f1"] = multiclass_f1_score(predicted, target, **common).item()
        if len(target.unique()) == classes:
            found["auroc"] = multiclass_auroc(scores.double().softmax(1), target, **common).item()
    if probabilistic:
        found["cross_entropy"] = F.cross_entropy(scores.double(), target).item()
        slope = calibration_slope(scores, target)
        if slope is not None:
            found["calibration_slope"] = slope
    return found


def calibration_slope(scores: Tensor, target: Tensor, iterations: int = 30) -> float | None:
    """Return b of the model p ∝ exp(b · score_k + a_k), fitted to the true classes by maximum likelihood (Cox 1958).

    With two classes this is the slope of a logistic regression on the predicted log-odds: 1 is calibrated, below 1
    the predictions are too sure of themselves, above 1 too timid. None where it is not determined: scores without
    variation, a class without examples, or classes that the scores separate.

    Args:
        scores: log probabilities up to a constant (examples, classes).
        target: classes (examples,).
        iterations: at most so many steps of Newton's method.
    """
    classes = scores.shape[1]
    x = scores.double() - scores.double().mean(1, keepdim=True)
    if len(target.unique()) < classes or not x.isfinite().all():
        return None
    truth = F.one_hot(target, classes).double()
    # Parameters: the slope and the intercepts of all classes but the first.
    design = torch.cat([x.unsqueeze(2), torch.eye(classes, dtype=x.dtype)[:, 1:].expand(len(x), -1, -1)], dim=2)
    beta = torch.zeros(classes, dtype=x.dtype)

    def log_likelihood(beta: Tensor) -> Tensor:
        return ((design @ beta).log_softmax(1) * truth).sum()

    value = log_likelihood(beta)
    for _ in range(iterations):
        p = (design @ beta).softmax(1)
        gradient = ((truth - p).unsqueeze(2) * design).sum((0, 1))
        centred = design - (p.unsqueeze(2) * design).sum(1, keepdim=True)
        curvature = torch.einsum("nk,nki,nkj->ij", p, centred, centred)
        if torch.linalg.matrix_rank(curvature, rtol=1e-12) < classes:
            return None
        step = torch.linalg.solve(curvature, gradient)
        for _ in range(20):  # halve a step that overshoots
            following = log_likelihood(beta + step)
            if following >= value:
                break
            step = step / 2
        beta, value = beta + step, following
        if (gradient @ step).abs() < 1e-12 * len(x):
            return float(beta[0])
    return None
