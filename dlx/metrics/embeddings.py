"""Metrics of embeddings by their distances: few-shot classification, retrieval, and the spread of classes."""

from __future__ import annotations

import torch
from torch import Tensor

EPISODES = 20  # draws of the support examples of few-shot classification
MOST = 2000  # examples of a split that are compared with each other, since all pairs are


def embedding_metrics(embeddings: Tensor, classes: Tensor, shots: int) -> dict[str, float]:
    """Return all metrics of embeddings (examples, dimensions), of the first 2,000 examples of a split.

    The metrics are `shot_accuracy`, `precision_at_1`, `mean_average_precision` and `intra_inter`, see the functions
    below; those that need two classes, or two examples of a class, are left out without them.
    """
    embeddings, classes = embeddings[:MOST].double(), classes[:MOST]
    distance = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
    same = classes.unsqueeze(0) == classes.unsqueeze(1)
    found = {}
    if (shots_of(classes) > shots).all() and len(classes.unique()) > 1:
        found["shot_accuracy"] = shot_accuracy(embeddings, classes, shots)
    others = ~torch.eye(len(classes), dtype=torch.bool)
    if (same & others).any():
        found |= retrieval(distance, same)
        if not same.all():
            found["intra_inter"] = (distance[same & others].mean() / distance[~same].mean().clamp_min(1e-12)).item()
    return found


def shots_of(classes: Tensor) -> Tensor:
    """Return the number of examples of each class that occurs."""
    return classes.unique(return_counts=True)[1]


def shot_accuracy(embeddings: Tensor, classes: Tensor, shots: int) -> float:
    """Return the accuracy of the nearest class mean of `shots` examples of each class (Snell et al. 2017, eq. 1).

    It is measured on all other examples and averaged over 20 random draws, which are always the same.
    """
    generator = torch.Generator().manual_seed(0)
    names, labels = classes.unique(return_inverse=True)
    hits, asked = 0, 0
    for _ in range(EPISODES):
        order = torch.randperm(len(labels), generator=generator)
        support = torch.stack([order[labels[order] == label][:shots] for label in range(len(names))])
        means = embeddings[support].mean(1)
        rest = torch.ones(len(labels), dtype=torch.bool)
        rest[support.flatten()] = False
        nearest = torch.cdist(embeddings[rest], means).argmin(1)
        hits += int((nearest == labels[rest]).sum())
        asked += int(rest.sum())
    return hits / asked


def retrieval(distance: Tensor, same: Tensor) -> dict[str, float]:
    """Return how well the nearest other examples are of the class of an example (Manning et al. 2008, section 8.4).

    `precision_at_1` is the share of examples whose nearest neighbor is of their class; `mean_average_precision` is the
    mean over examples of the precision at each neighbor of their class. Examples without another one of their class
    are left out.

    Args:
        distance: distances (examples, examples).
        same: whether two examples are of the same class (examples, examples).
    """
    n = len(distance)
    own = torch.eye(n, dtype=torch.bool)
    order = distance.masked_fill(own, float("inf")).argsort(dim=1, stable=True)[:, : n - 1]
    hits = same.gather(1, order).double()
    asked = hits.sum(1) > 0
    hits = hits[asked]
    precision = hits.cumsum(1) / torch.arange(1, n)
    average = (precision * hits).sum(1) / hits.sum(1)
    return {"precision_at_1": hits[:, 0].mean().item(), "mean_average_precision": average.mean().item()}
