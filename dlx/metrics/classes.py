"""Classification metrics."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_f1_score,
    binary_precision,
    binary_recall,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)


def class_metrics(scores: Tensor, predicted: Tensor, target: Tensor, probabilistic: bool) -> dict[str, float]:
    """Return the classification metrics of a split, as scikit-learn defines them.

    For two classes, precision, recall and f1 are those of the second one; for more they are macro averages over the
    classes that have an example or a prediction. Undefined metrics are left out: auroc if a class has no example,
    cross_entropy and calibration_slope if scores are not logits.

    Args:
        scores: score of each class (examples, classes).
        predicted: predicted classes (examples,).
        target: classes (examples,).
        probabilistic: True if softmax(scores) are probabilities.
    """
    classes = scores.shape[1]
    found = {"accuracy": (predicted == target).double().mean().item()}
    if classes == 2:
        margin = scores[:, 1] - scores[:, 0]
        found["precision"] = binary_precision(predicted, target, validate_args=False).item()
        found["recall"] = binary_recall(predicted, target, validate_args=False).item()
        found["f1"] = binary_f1_score(predicted, target, validate_args=False).item()
        scored, positive = margin.view(-1, 1), (target == 1).view(-1, 1)
    else:
        common: dict[str, Any] = {"num_classes": classes, "average": "macro", "validate_args": False}
        found["precision"] = multiclass_precision(predicted, target, **common).item()
        found["recall"] = multiclass_recall(predicted, target, **common).item()
        found["f1"] = multiclass_f1_score(predicted, target, **common).item()
        scored, positive = scores.double().softmax(1), F.one_hot(target, classes).bool()
    if len(target.unique()) == classes:
        found["auroc"] = auroc(scored, positive)
    if probabilistic:
        found["cross_entropy"] = F.cross_entropy(scores.double(), target).item()
        slope = calibration_slope(scores, target)
        if slope is not None:
            found["calibration_slope"] = slope
    return found


def of_class(predicted: Tensor, target: Tensor, number: int) -> dict[str, float]:
    """Return precision, recall and F1 of one class against the rest, from predicted and true classes (examples,)."""
    told, true = predicted == number, target == number
    return {
        "precision": binary_precision(told, true, validate_args=False).item(),
        "recall": binary_recall(told, true, validate_args=False).item(),
        "f1": binary_f1_score(told, true, validate_args=False).item(),
    }


def auroc(scores: Tensor, positive: Tensor) -> float:
    """Return the area under the ROC curve, averaged over columns.

    It is the probability that a positive example is scored above a negative one, with ties counted as one half (Hanley
    & McNeil 1982, Mann & Whitney 1947). torchmetrics integrates the curve in single precision and differs by up to
    1e-7.

    Args:
        scores: (examples, columns).
        positive: True for positive examples (examples, columns); each column has both kinds.
    """
    columns = scores.T.contiguous()
    ordered = columns.sort(1).values
    below, upto = torch.searchsorted(ordered, columns), torch.searchsorted(ordered, columns, right=True)
    ranks = (below + upto + 1).double() / 2  # from 1; equal scores share their mean rank
    chosen = positive.T.double()
    count = chosen.sum(1)
    pairs_won = (ranks * chosen).sum(1) - count * (count + 1) / 2
    return (pairs_won / (count * (len(scores) - count))).mean().item()


def calibration_slope(scores: Tensor, target: Tensor, iterations: int = 30) -> float | None:
    """Return b of the model p ∝ exp(b · score_k + a_k), fitted to the true classes by maximum likelihood (Cox 1958).

    With two classes this is the slope of a logistic regression on the predicted log-odds: 1 is calibrated, below 1 the
    predictions are overconfident, above 1 underconfident. Returns None if it is not determined: scores without
    variation, a class without examples, or classes that the scores separate perfectly.

    Args:
        scores: log probabilities up to a constant (examples, classes).
        target: classes (examples,).
        iterations: maximum number of steps of Newton's method.
    """
    classes = scores.shape[1]
    x = scores.double() - scores.double().mean(1, keepdim=True)
    if len(target.unique()) < classes or not x.isfinite().all():
        return None
    truth = F.one_hot(target, classes).double()
    beta = torch.zeros(classes, dtype=x.dtype)  # the slope, then the intercepts of all classes but the first
    beta[0] = 1.0

    def logs(beta: Tensor) -> Tensor:
        return (beta[0] * x + F.pad(beta[1:], (1, 0))).log_softmax(1)

    log_p = logs(beta)
    value = (log_p * truth).sum()
    for _ in range(iterations):  # Newton's method
        p = log_p.exp()
        centered = x - (p * x).sum(1, keepdim=True)
        gradient = torch.cat([((truth - p) * x).sum().view(1), (truth - p).sum(0)[1:]])
        curvature = torch.empty(classes, classes, dtype=x.dtype)
        curvature[0, 0] = (p * centered.square()).sum()
        curvature[0, 1:] = curvature[1:, 0] = (p * centered).sum(0)[1:]
        curvature[1:, 1:] = (p.sum(0).diag() - p.T @ p)[1:, 1:]
        share, alone = torch.linalg.solve_ex(curvature[1:, 1:], curvature[1:, 0])
        own = curvature[0, 0] - curvature[0, 1:] @ share  # what the intercepts cannot say as well
        step, failed = torch.linalg.solve_ex(curvature, gradient)
        gain = float(gradient @ step)
        if alone or failed or not 0 <= gain < float("inf") or not own > 1e-9 * curvature[0, 0] >= 1e-21 * len(x):
            return None
        if gain < 1e-10 * len(x):
            return (
                None if value > -1e-6 * len(x) else float(beta[0] + step[0])
            )  # without any error the slope has no bound
        for _ in range(20):  # halve a step that overshoots
            log_p = logs(beta + step)
            following = (log_p * truth).sum()
            if following >= value:
                break
            step = step / 2
        beta, value = beta + step, following
    return None
