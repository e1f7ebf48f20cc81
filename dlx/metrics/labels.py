"""Metrics of multi-label classification."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics.functional.classification import (
    multilabel_average_precision,
    multilabel_f1_score,
    multilabel_precision,
    multilabel_recall,
)


def label_metrics(scores: Tensor, predicted: Tensor, target: Tensor) -> dict[str, float]:
    """Return the metrics of a split, as scikit-learn defines them.

    `accuracy` is the share of right decisions over examples and classes (1 - Hamming loss), `exact_match` the share of
    examples in which all classes are decided right (subset accuracy). precision, recall and f1 are means over the
    classes, 0 for a class without a positive decision. `predicted_labels` is the mean number of classes that are
    predicted for an example. `average_precision` is the mean over the classes that occur; it is left out if none does.

    Args:
        scores: score of each class (examples, classes).
        predicted: 1 for each predicted class, otherwise 0 (examples, classes).
        target: 1 for each class that occurs, otherwise 0 (examples, classes).
    """
    right, target = predicted == target, target.long()
    common: dict[str, Any] = {"num_labels": target.shape[1], "average": "macro", "validate_args": False}
    found = {
        "accuracy": right.double().mean().item(),
        "predicted_labels": predicted.sum(1).double().mean().item(),
        "exact_match": right.all(1).double().mean().item(),
        "precision": multilabel_precision(predicted, target, **common).item(),
        "recall": multilabel_recall(predicted, target, **common).item(),
        "f1": multilabel_f1_score(predicted, target, **common).item(),
    }
    occurs = target.sum(0) > 0
    if occurs.any():
        # Ranks instead of scores: torchmetrics maps scores outside [0, 1] by a sigmoid, which makes large ones equal.
        ranks = torch.stack([column.unique(return_inverse=True)[1] for column in scores.T], 1).double() / len(scores)
        common["num_labels"] = int(occurs.sum())
        found["average_precision"] = multilabel_average_precision(ranks[:, occurs], target[:, occurs], **common).item()
    return found
