"""Metric learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlx.contracts import Batch, Metric
from dlx.data.prepared import Data, Split
from dlx.metrics.embeddings import MOST, embedding_metrics
from dlx.objective._supervised import Supervised
from dlx.results import picture
from dlx.spec import DataSpec, Positive

BLOCK = 128  # examples that are compared with each other when the loss of a whole split is computed
TINY = 1e-12  # smallest squared distance of which the square root is taken


class MetricLearning(Supervised):
    """Learn embeddings in which examples of a class are near each other and those of other classes far.

    The network has `dimensions` outputs; the embedding is their direction, a vector of length 1. Pairs and triplets are
    all those in a batch. The naive baseline compares the inputs themselves, scaled to length 1.

    - `contrastive` is the mean of d²/2 over pairs of a class, plus the mean of max(0, margin - d)²/2 over other pairs,
      where d is the distance (Hadsell et al. 2006, eq. 4).
    - `triplet` is the mean of max(0, d(anchor, positive)² - d(anchor, negative)² + margin) over the triplets that
      `mining` selects (Schroff et al. 2015, eq. 3).
    - `supervised_contrastive` is the cross-entropy of finding the examples of the anchor's class among all others, by
      a softmax of the cosines divided by `temperature` (Khosla et al. 2020, eq. 2).

    Args:
        loss: contrastive, triplet or supervised_contrastive.
        dimensions: number of dimensions of the embedding.
        margin: margin of the contrastive and of the triplet loss.
        temperature: temperature of the supervised contrastive loss.
        mining: negatives of the triplet loss: `semi_hard` takes for each pair of a class the nearest negative that is
            farther from the anchor than the positive, or the farthest one if there is none; `hard` takes for each
            anchor the farthest positive and the nearest negative (Hermans et al. 2017); `all` takes all.
        shots: number of examples of each class from which `shot_accuracy` classifies the others.
        scale: factor on the loss.

    Example:
        dlx train objective=metric_learning objective.loss=supervised_contrastive dataset.noise_features=64
    """

    targets = ("class",)
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "shot_accuracy": Metric("max", headline=True),
        "precision_at_1": Metric("max", headline=True, counted=True),
        "mean_average_precision": Metric("max"),
        "loss": Metric(),
        "intra_inter": Metric(),
    }

    def __init__(
        self,
        spec: DataSpec,
        label_smoothing: float,
        *,
        loss: Literal["contrastive", "triplet", "supervised_contrastive"],
        dimensions: Annotated[int, Positive],
        margin: Annotated[float, Positive],
        temperature: Annotated[float, Positive],
        mining: Literal["semi_hard", "hard", "all"],
        shots: Annotated[int, Positive],
        scale: Annotated[float, Positive],
    ) -> None:
        if label_smoothing:
            raise ValueError(
                "metric_learning has no probabilities to smooth; set regularizer.label_smoothing.smoothing=0"
            )
        self.classes, self.kind, self.scale = spec.outputs, loss, scale
        self.margin, self.temperature, self.mining, self.shots = margin, temperature, mining, shots
        self.spec = spec.aimed(dimensions)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of outputs (batch, dimensions), a mean over blocks of at most 128 examples."""
        codes = batch.targets
        if codes.dim() == 1:
            codes = F.one_hot(codes, self.classes).to(output.dtype)
        losses: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
            "contrastive": self.contrastive,
            "triplet": self.triplet,
            "supervised_contrastive": self.supervised_contrastive,
        }
        embeddings = F.normalize(output, dim=1)
        found = [
            losses[self.kind](z, c @ c.T) for z, c in zip(embeddings.split(BLOCK), codes.split(BLOCK), strict=True)
        ]
        return self.scale * torch.stack(found).mean()

    def contrastive(self, z: Tensor, same: Tensor) -> Tensor:
        """Return the contrastive loss of embeddings (n, dimensions); `same` (n, n) is 1 for pairs of a class."""
        others = 1 - torch.eye(len(z), device=z.device, dtype=z.dtype)
        square = squares(z)
        apart = (self.margin - square.clamp_min(TINY).sqrt()).clamp_min(0).square()
        return (mean(square, same * others) + mean(apart, (1 - same) * others)) / 2

    def triplet(self, z: Tensor, same: Tensor) -> Tensor:
        """Return the triplet loss; the arguments are those of `contrastive`."""
        others = 1 - torch.eye(len(z), device=z.device, dtype=z.dtype)
        square, positive, negative = squares(z), (same > 0.5) * others, (same <= 0.5) * others
        far = torch.full_like(square, torch.inf)
        if self.mining == "hard":
            there = positive.amax(1) * negative.amax(1)
            farthest = torch.where(positive > 0, square, -far).amax(1)
            nearest = torch.where(negative > 0, square, far).amin(1)
            gap = torch.where(there > 0, farthest - nearest, torch.zeros_like(nearest))
            return mean((gap + self.margin).clamp_min(0), there)
        d_p, d_n = square.unsqueeze(2), square.unsqueeze(1)  # (anchor, positive, negative)
        triplets = positive.unsqueeze(2) * negative.unsqueeze(1)
        if self.mining == "all":
            return mean((d_p - d_n + self.margin).clamp_min(0), triplets)
        beyond = torch.where((triplets > 0) & (d_n > d_p), d_n, torch.inf).amin(2)
        most = torch.where(negative > 0, square, -far).amax(1, keepdim=True)
        chosen = torch.where(beyond.isfinite(), beyond, most)
        there = positive * negative.amax(1, keepdim=True)
        gap = torch.where(there > 0, square - chosen, torch.zeros_like(square))
        return mean((gap + self.margin).clamp_min(0), there)

    def supervised_contrastive(self, z: Tensor, same: Tensor) -> Tensor:
        """Return the supervised contrastive loss; the arguments are those of `contrastive`."""
        own = torch.eye(len(z), device=z.device, dtype=torch.bool)
        logs = (z @ z.T / self.temperature).masked_fill(own, -torch.finfo(z.dtype).max).log_softmax(1)
        positive = same * (~own).to(z.dtype)
        total = positive.sum(1)
        by_anchor = -(positive * logs.masked_fill(own, 0)).sum(1) / total.clamp_min(TINY)
        return mean(by_anchor, (total > 0).to(z.dtype))

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return embeddings (examples, dimensions) of length 1 and true classes (examples,)."""
        return {"prediction": F.normalize(outputs, dim=1).numpy(), "target": part.targets.numpy()}

    def predicted(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return embeddings (examples, dimensions) of length 1."""
        return {"embedding": F.normalize(outputs, dim=1).numpy()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss, see `dlx.metrics.embeddings`."""
        embeddings, classes = (torch.from_numpy(predictions[name]) for name in ("prediction", "target"))
        return embedding_metrics(embeddings, classes, self.shots)

    def baseline(self, data: Data, part: Split) -> tuple[str, Any]:
        """Return the inputs as their own embeddings."""
        return "the inputs themselves", part.inputs.flatten(1).float()

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return an image of the confusion matrix of the nearest other example."""
        z, classes = torch.from_numpy(predictions["prediction"][:MOST]), predictions["target"][:MOST]
        distance = torch.cdist(z, z).fill_diagonal_(torch.inf)
        return {
            "test/nearest": picture.confusion(
                classes[distance.argmin(1).numpy()], classes, self.classes, data.spec.classes
            )
        }


def squares(z: Tensor) -> Tensor:
    """Return the squared distances (n, n) of embeddings (n, dimensions) of length 1."""
    return (2 - 2 * z @ z.T).clamp_min(0)


def mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean of values, 0 if all weights are 0."""
    return (values * weights).sum() / weights.sum().clamp_min(TINY)
