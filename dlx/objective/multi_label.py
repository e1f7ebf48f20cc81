"""Multi-label classification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.prepared import Data, Split
from dlx.metrics.labels import label_metrics
from dlx.objective._supervised import Supervised
from dlx.spec import DataSpec, OpenFraction, Positive


class MultiLabel(Supervised):
    """Predict which classes occur in an example, of which there can be any number, by a score for each class.

    The naive baseline gives each class its frequency in the training split. `metrics.by=output` reports the metrics of
    each class.

    Args:
        loss: `binary_cross_entropy` decides each class by itself: the mean over examples and classes of
            -y log p - (1 - y) log(1 - p), where p is the sigmoid of the score (Bishop 2006, eq. 4.90).
            `cross_entropy` is classification: the softmax divides one unit of probability among the classes, the
            target gives equal shares to those that occur (Mahajan et al. 2018), and the most probable class alone is
            predicted.
        threshold: smallest probability at which a class is predicted with `binary_cross_entropy`.
        scale: factor on the loss.

    Example:
        dlx train -m dataset=shapes dataset.kinds=mixed dataset.objects=[1,2,3] model=cnn objective=multi_label
    """

    targets = ("labels",)
    usual_for = ("labels",)
    # The classes of an example are not independent, so that accuracy is said to change in steps of an example.
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "exact_match": Metric("max", headline=True, counted=True),
        "f1": Metric("max", headline=True, counted=True),
        "average_precision": Metric("max", headline=True, counted=True),
        "loss": Metric(),
        "accuracy": Metric("max", counted=True),
        "precision": Metric("max", counted=True),
        "recall": Metric("max", counted=True),
    }

    def __init__(
        self,
        spec: DataSpec,
        label_smoothing: float,
        *,
        loss: Literal["binary_cross_entropy", "cross_entropy"],
        threshold: Annotated[float, OpenFraction],
        scale: Annotated[float, Positive],
    ) -> None:
        if threshold != 0.5 and loss != "binary_cross_entropy":
            raise ValueError(f"threshold: decides with loss=binary_cross_entropy alone; expected 0.5, got {threshold}")
        self.names = spec.classes
        self.kind, self.threshold, self.scale = loss, threshold, scale
        self.label_smoothing, self.spec = label_smoothing, spec.aimed(spec.outputs)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean loss of scores (batch, classes)."""
        return self.smoothed_loss(output, batch.targets)

    def training_loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean loss of scores (batch, classes) with label smoothing."""
        return self.smoothed_loss(output, batch.targets, self.label_smoothing)

    def smoothed_loss(self, output: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Return `scale` times the mean loss.

        Args:
            output: scores (batch, classes).
            target: 1 for the classes that occur and 0 for the others (batch, classes), or mixtures of such rows.
            label_smoothing: share of each decision, or of the unit of probability, that is spread equally.
        """
        if self.kind == "binary_cross_entropy":
            smooth = (1 - label_smoothing) * target + label_smoothing / 2
            return self.scale * F.binary_cross_entropy_with_logits(output, smooth)
        shares = target / target.sum(1, keepdim=True).clamp_min(torch.finfo(target.dtype).tiny)
        return self.scale * F.cross_entropy(output, shares, label_smoothing=label_smoothing)

    def decide(self, scores: Tensor) -> Tensor:
        """Return 1 for each predicted class and 0 for the others (batch, classes)."""
        if self.kind == "cross_entropy":
            return F.one_hot(scores.argmax(1), scores.shape[1])
        return (scores.sigmoid() >= self.threshold).long()

    def average(self, outputs: Tensor) -> Tensor:
        """Return the scores of the mean probabilities over several forward passes (passes, batch, classes)."""
        if self.kind == "cross_entropy":
            return outputs.log_softmax(2).logsumexp(0) - torch.tensor(float(len(outputs))).log()
        return F.logsigmoid(outputs).logsumexp(0) - F.logsigmoid(-outputs).logsumexp(0)

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return loss, accuracy and exact match, as tensors on the device of the outputs."""
        right = self.decide(outputs) == batch.targets
        return {
            "loss": self.loss(outputs, batch),
            "accuracy": right.float().mean(),
            "exact_match": right.all(1).float().mean(),
        }

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return scores and decisions (examples, classes, 2), and true labels (examples, classes)."""
        both = torch.stack([outputs, self.decide(outputs).to(outputs)], 2)
        return {"prediction": both.numpy(), "target": part.targets.numpy()}

    def interpreted(self, outputs: Tensor) -> Tensor:
        """Return the probability of each label (examples, classes), or of each class if exactly one occurs."""
        return outputs.softmax(1) if self.kind == "cross_entropy" else outputs.sigmoid()

    def predicted(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return 1 or 0 for each label, and its probability."""
        decided, shares = self.decide(outputs).numpy().T, self.interpreted(outputs).numpy().T
        made = dict(zip(self.names, decided, strict=True))
        return {**made, **{f"probability_{name}": column for name, column in zip(self.names, shares, strict=True)}}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss, see `dlx.metrics.labels`."""
        both, target = (torch.from_numpy(predictions[name]) for name in ("prediction", "target"))
        return label_metrics(both[..., 0], both[..., 1].long(), target)

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return scores whose probabilities are the frequencies of the classes in the training split."""
        shares = data.train.targets.mean(0).clamp(1e-6, 1 - 1e-6)
        scores = shares.logit() if self.kind == "binary_cross_entropy" else (shares / shares.sum()).log()
        return "class frequencies", scores.expand(len(part), -1)

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return nothing: a confusion matrix needs one class for each example."""
        return {}
