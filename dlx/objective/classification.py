"""Which class?"""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_auroc,
    multiclass_f1_score,
    multiclass_precision,
    multiclass_recall,
)

from dlx.data import Data, Part
from dlx.phase import Batch, Phase, Predict, every
from dlx.spec import DataSpec


class Classification:
    """Scores for each class, trained by cross-entropy or by the squared error of one-hot codes.

    Args:
        loss: `cross_entropy` = -log softmax(scores)[class] (Bishop 2006, eq. 4.108); `mse` = mean squared difference
            to the one-hot code.

    Example:
        dlx train objective.loss=mse
    """

    monitor = "val/loss"

    def __init__(self, spec: DataSpec, label_smoothing: float, *, loss: Literal["cross_entropy", "mse"]) -> None:
        if spec.target != "class":
            raise ValueError(f"classification needs classes as targets; the data are {spec}; try objective=regression")
        self.classes, self.kind, self.label_smoothing = spec.outputs, loss, label_smoothing

    def phases(self) -> list[Phase]:
        """One phase: all parameters, the mean loss of the batch."""
        return [Phase("train", every, self._loss)]

    def _loss(self, predict: Predict, batch: Batch, generator: Generator) -> Tensor:
        return self.loss(predict(batch[0]), batch[1], self.label_smoothing)

    def loss(self, scores: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Return the mean loss of scores (batch, classes) against classes (batch,)."""
        if self.kind == "mse":
            return F.mse_loss(scores, F.one_hot(target, self.classes).to(scores.dtype))
        return F.cross_entropy(scores, target, label_smoothing=label_smoothing)

    def quick(self, scores: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return what is watched each epoch, as tensors on the device."""
        return {"loss": self.loss(scores, target), "accuracy": (scores.argmax(1) == target).float().mean()}

    def metrics(self, scores: Tensor, target: Tensor) -> dict[str, float]:
        """Return all metrics of a split; precision, recall, f1 and auroc are macro averages over the classes."""
        result = {name: value.item() for name, value in self.quick(scores, target).items()}
        result["cross_entropy"] = F.cross_entropy(scores, target).item()
        common: dict[str, Any] = {"num_classes": self.classes, "validate_args": False}
        predicted = scores.argmax(1)
        result["accuracy"] = multiclass_accuracy(predicted, target, average="micro", **common).item()
        result["precision"] = multiclass_precision(predicted, target, average="macro", **common).item()
        result["recall"] = multiclass_recall(predicted, target, average="macro", **common).item()
        result["f1"] = multiclass_f1_score(predicted, target, average="macro", **common).item()
        if len(target.unique()) == self.classes:
            result["auroc"] = multiclass_auroc(scores.softmax(1), target, average="macro", **common).item()
        return result

    def baseline(self, data: Data, part: Part) -> tuple[str, Tensor]:
        """Return the naive scores for a part: always the most frequent class of the training split."""
        counts = torch.bincount(data.train.targets, minlength=self.classes).float()
        return "majority class", (counts / counts.sum()).log().expand(len(part), -1)
