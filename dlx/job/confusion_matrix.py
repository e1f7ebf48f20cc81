"""What do the figures of a confusion matrix say?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from dlx.spec import OpenFraction, Positive

if TYPE_CHECKING:
    from dlx.trials import Trials


class ConfusionMatrix:
    """Accuracy, precision, recall and F1 from the four counts, where one class is rare.

    The score of an example is drawn around -1 or, for the share `prevalence` of positives, around 1 (both normal, of
    standard deviation 1); what exceeds the threshold is called positive. Gives the shares `true_positive`,
    `false_positive`, `false_negative`, `true_negative` of all examples; `accuracy`, `precision`, `recall`, `f1`,
    `specificity`; `error`: the largest difference to scikit-learn's and torchmetrics' figures and of the identities
    accuracy = recall * prevalence + specificity * (1 - prevalence), F1 = 2 TP / (2 TP + FP + FN). Undefined ratios are
    0, as there. Model and data of the configuration are not used.

    Args:
        prevalence: share of positive examples; exactly so many are drawn.
        classifier: by the threshold, or always_negative, whose accuracy is 1 - prevalence all the same.
        threshold: of the score.
        examples: how many are drawn.

    Example:
        dlx train -m job=confusion_matrix job.prevalence=0.5,0.1,0.01 job.classifier=threshold,always_negative
    """

    stands_alone = True

    def __init__(
        self,
        *,
        prevalence: Annotated[float, OpenFraction],
        classifier: Literal["threshold", "always_negative"],
        threshold: float,
        examples: Annotated[int, Positive],
    ) -> None:
        self.positives = round(prevalence * examples)
        if not 0 < self.positives < examples:
            raise ValueError(f"prevalence: {prevalence} of {examples} examples leaves one class empty; take more")
        self.classifier, self.threshold, self.examples = classifier, threshold, examples

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the counts as shares, the figures, and how far identities and libraries differ."""
        random = np.random.default_rng(trials.seed("confusion_matrix"))
        truth = np.arange(self.examples) < self.positives
        score = np.where(truth, 1, -1) + random.standard_normal(self.examples)
        called = score > self.threshold if self.classifier == "threshold" else np.zeros_like(truth)
        tp, fp = int((called & truth).sum()), int((called & ~truth).sum())
        fn, tn = int((~called & truth).sum()), int((~called & ~truth).sum())
        names = ("true_positive", "false_positive", "false_negative", "true_negative")
        shares = dict(zip(names, (n / self.examples for n in (tp, fp, fn, tn)), strict=True))
        own = figures(tp, fp, fn, tn)
        prevalence = self.positives / self.examples
        identities = (
            own["accuracy"] - (own["recall"] * prevalence + own["specificity"] * (1 - prevalence)),
            own["f1"] - ratio(2 * tp, 2 * tp + fp + fn),
        )
        theirs = [own[name] - value for library in libraries(truth, called) for name, value in library.items()]
        return {**shares, **own, "error": float(max(abs(difference) for difference in (*identities, *theirs)))}


def ratio(part: float, whole: float) -> float:
    """Return part / whole, 0 where there is nothing to divide by."""
    return part / whole if whole else 0.0


def figures(tp: int, fp: int, fn: int, tn: int) -> dict[str, float]:
    """Return the usual figures of the four counts; F1 is the harmonic mean of precision and recall."""
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    return {
        "accuracy": (tp + tn) / (tp + fp + fn + tn),
        "precision": precision,
        "recall": recall,
        "specificity": ratio(tn, tn + fp),
        "f1": ratio(2 * precision * recall, precision + recall),
    }


def libraries(truth: np.ndarray, called: np.ndarray) -> list[dict[str, float]]:
    """Return the same figures by scikit-learn and by torchmetrics."""
    import torch
    from sklearn import metrics
    from torchmetrics.functional import classification

    by_sklearn = {
        "accuracy": metrics.accuracy_score(truth, called),
        "precision": metrics.precision_score(truth, called, zero_division=0),
        "recall": metrics.recall_score(truth, called, zero_division=0),
        "specificity": metrics.recall_score(~truth, ~called, zero_division=0),
        "f1": metrics.f1_score(truth, called, zero_division=0),
    }
    predicted, target = torch.from_numpy(called).long(), torch.from_numpy(truth).long()
    by_torchmetrics = {
        name: float(getattr(classification, f"binary_{word}")(predicted, target).double())
        for name, word in (
            ("accuracy", "accuracy"),
            ("precision", "precision"),
            ("recall", "recall"),
            ("specificity", "specificity"),
            ("f1", "f1_score"),
        )
    }
    return [by_sklearn, by_torchmetrics]
