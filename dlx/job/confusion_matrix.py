"""Metrics of a confusion matrix with a rare class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from dlx.contracts import Metric
from dlx.contracts.job import Job
from dlx.spec import AtLeastTwo, OpenFraction, Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class ConfusionMatrix(Job):
    """Accuracy, precision, recall and F1 from the counts of a confusion matrix with a rare class.

    Each example has a score for every class, normal with standard deviation 1 and mean 1 for its own class, -1 for the
    others; the class of the largest score is predicted. With two classes there is one score, that of the positive
    class, and a score above the threshold is predicted positive. Reports the fractions `true_positive`,
    `false_positive`, `false_negative`, `true_negative` of all examples, for the rare class against the rest;
    `accuracy`, `precision`, `recall`, `f1`, `specificity`, for two classes those of the rare one, for more the mean
    over the classes (macro); `error`: the largest difference from scikit-learn and torchmetrics, and from the
    identities accuracy = sum of recall x frequency over the classes and F1 = 2 TP / (2 TP + FP + FN). Undefined ratios
    are 0, as in these libraries. Model and data of the configuration are not used.

    Args:
        classes: number of classes; the last one is rare, the others are equally frequent.
        prevalence: fraction of the rare class, which is the positive one of two; reached exactly.
        classifier: threshold predicts by the scores; always_negative always predicts the first class, with an accuracy
            of 1 - prevalence for two classes.
        threshold: threshold of the score of two classes; ignored with more classes.
        examples: number of examples to draw.

    Example:
        dlx train -m job=confusion_matrix job.prevalence=0.5,0.1,0.01 job.classifier=threshold,always_negative
    """

    stands_alone = True
    metric_info: ClassVar[Mapping[str, Metric]] = {
        name: Metric("max") for name in ("accuracy", "precision", "recall", "f1")
    }

    def __init__(
        self,
        *,
        classes: Annotated[int, AtLeastTwo],
        prevalence: Annotated[float, OpenFraction],
        classifier: Literal["threshold", "always_negative"],
        threshold: float,
        examples: Annotated[int, Positive],
    ) -> None:
        self.rare = round(prevalence * examples)
        if self.rare < 1 or examples - self.rare < classes - 1:
            raise ValueError(f"prevalence: {prevalence} of {examples} examples leaves one class empty; take more")
        self.classes, self.classifier, self.threshold, self.examples = classes, classifier, threshold, examples

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the counts as fractions, the metrics, and the largest difference from identities and libraries."""
        random = np.random.default_rng(trials.seed("confusion_matrix"))
        rest = np.arange(self.examples - self.rare) % (self.classes - 1)
        truth = np.concatenate([rest, np.full(self.rare, self.classes - 1)])
        predicted = self._predict(truth, random)
        matrix = np.zeros((self.classes, self.classes), dtype=int)  # rows are the true classes
        np.add.at(matrix, (truth, predicted), 1)
        one_by_one = [figures(*against_the_rest(matrix, label)) for label in range(self.classes)]
        counts = against_the_rest(matrix, self.classes - 1)
        own = one_by_one[-1]
        if self.classes > 2:
            own = {name: float(np.mean([each[name] for each in one_by_one])) for name in own}
            own["accuracy"] = float(np.trace(matrix)) / self.examples
        recalls = [each["recall"] for each in one_by_one]
        tp, fp, fn, _ = counts
        identities = [
            own["accuracy"] - float(np.dot(recalls, matrix.sum(1))) / self.examples,
            one_by_one[-1]["f1"] - ratio(2 * tp, 2 * tp + fp + fn),
        ]
        theirs = [own[name] - value for library in libraries(truth, predicted) for name, value in library.items()]
        names = ("true_positive", "false_positive", "false_negative", "true_negative")
        shares = dict(zip(names, (n / self.examples for n in counts), strict=True))
        return {**shares, **own, "error": float(max(abs(difference) for difference in (*identities, *theirs)))}

    def _predict(self, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
        if self.classifier == "always_negative":
            return np.zeros_like(truth)
        if self.classes == 2:
            return (2 * truth - 1 + random.standard_normal(self.examples) > self.threshold).astype(int)
        own = truth[:, None] == np.arange(self.classes)
        return (2 * own - 1 + random.standard_normal(own.shape)).argmax(1)


def against_the_rest(matrix: np.ndarray, label: int) -> tuple[int, int, int, int]:
    """Return TP, FP, FN and TN of one class against all others."""
    tp = int(matrix[label, label])
    fp, fn = int(matrix[:, label].sum()) - tp, int(matrix[label].sum()) - tp
    return tp, fp, fn, int(matrix.sum()) - tp - fp - fn


def ratio(part: float, whole: float) -> float:
    """Return part / whole, or 0 if whole is 0."""
    return part / whole if whole else 0.0


def figures(tp: int, fp: int, fn: int, tn: int) -> dict[str, float]:
    """Return the metrics of the four counts; F1 is the harmonic mean of precision and recall."""
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    return {
        "accuracy": (tp + tn) / (tp + fp + fn + tn),
        "precision": precision,
        "recall": recall,
        "specificity": ratio(tn, tn + fp),
        "f1": ratio(2 * precision * recall, precision + recall),
    }


def libraries(truth: np.ndarray, predicted: np.ndarray) -> list[dict[str, float]]:
    """Return the same metrics as computed by scikit-learn and torchmetrics."""
    import torch
    from sklearn import metrics
    from torchmetrics.functional.classification import (
        binary_accuracy,
        binary_f1_score,
        binary_precision,
        binary_recall,
        multiclass_accuracy,
        multiclass_f1_score,
        multiclass_precision,
        multiclass_recall,
    )

    many = int(truth.max()) > 1
    average: dict[str, Any] = {"average": "macro" if many else "binary", "zero_division": 0}
    by_sklearn = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "precision": metrics.precision_score(truth, predicted, **average),
        "recall": metrics.recall_score(truth, predicted, **average),
        "f1": metrics.f1_score(truth, predicted, **average),
    }
    if not many:
        by_sklearn["specificity"] = metrics.recall_score(1 - truth, 1 - predicted, zero_division=0)
    keys: dict[str, Any] = {"num_classes": int(truth.max()) + 1, "average": "macro"} if many else {}
    functions: dict[str, Any] = {
        "accuracy": multiclass_accuracy if many else binary_accuracy,
        "precision": multiclass_precision if many else binary_precision,
        "recall": multiclass_recall if many else binary_recall,
        "f1": multiclass_f1_score if many else binary_f1_score,
    }
    by_torchmetrics = {}
    for name, function in functions.items():
        own = {**keys, "average": "micro"} if many and name == "accuracy" else keys
        value = function(torch.from_numpy(predicted), torch.from_numpy(truth), **own)
        by_torchmetrics[name] = float(value.double())
    return [by_sklearn, by_torchmetrics]
