"""Metric learning against loops over pairs and triplets, and its metrics against scikit-learn and by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.metrics.embeddings import embedding_metrics, retrieval, shot_accuracy
from dlx.objective.metric_learning import BLOCK, MetricLearning
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("vector", (5,), "class", 3, classes=("a", "b", "c"))
Y = torch.tensor([0, 1, 0, 2, 1, 0, 2])


def objective(loss: str, **keys: Any) -> MetricLearning:
    given = {"dimensions": 4, "margin": 0.7, "temperature": 0.3, "mining": "all", "shots": 1, "scale": 1.0, **keys}
    return MetricLearning(SPEC, 0.0, loss=loss, **given)  # type: ignore[arg-type]


def embeddings() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    raw = torch.randn(len(Y), 4, dtype=torch.float64)
    return raw, F.normalize(raw, dim=1)


def test_contrastive_by_pairs() -> None:
    raw, z = embeddings()
    near, far = [], []
    for i in range(len(Y)):
        for j in range(i):
            d = float((z[i] - z[j]).norm())
            (near if Y[i] == Y[j] else far).append(d**2 / 2 if Y[i] == Y[j] else max(0.0, 0.7 - d) ** 2 / 2)
    expected = sum(near) / len(near) + sum(far) / len(far)
    assert float(objective("contrastive").loss(raw, Batch(raw, Y))) == pytest.approx(expected, rel=1e-6)


def test_triplet_by_triplets() -> None:
    raw, z = embeddings()
    d = [[float((a - b).square().sum()) for b in z] for a in z]
    n, every, semi, hard = len(Y), [], [], []
    for a in range(n):
        negatives = [d[a][k] for k in range(n) if Y[k] != Y[a]]
        positives = [d[a][p] for p in range(n) if Y[p] == Y[a] and p != a]
        every += [max(0.0, p - k + 0.7) for p in positives for k in negatives]
        semi += [max(0.0, p - min([k for k in negatives if k > p], default=max(negatives)) + 0.7) for p in positives]
        hard += [max(0.0, max(positives) - min(negatives) + 0.7)]
    for mining, values in (("all", every), ("semi_hard", semi), ("hard", hard)):
        found = float(objective("triplet", mining=mining).loss(raw, Batch(raw, Y)))
        assert found == pytest.approx(sum(values) / len(values), rel=1e-6), mining


def test_supervised_contrastive_by_anchors() -> None:
    raw, z = embeddings()
    terms = []
    for i in range(len(Y)):
        others = [a for a in range(len(Y)) if a != i]
        total = sum(math.exp(float(z[i] @ z[a]) / 0.3) for a in others)
        same = [p for p in others if Y[p] == Y[i]]
        terms.append(-sum(float(z[i] @ z[p]) / 0.3 - math.log(total) for p in same) / len(same))
    found = float(objective("supervised_contrastive").loss(raw, Batch(raw, Y)))
    assert found == pytest.approx(sum(terms) / len(terms), rel=1e-6)


@pytest.mark.parametrize("loss", ["contrastive", "triplet", "supervised_contrastive"])
@pytest.mark.parametrize("mining", ["all", "semi_hard", "hard"])
def test_gradients_are_right_and_finite(loss: str, mining: str) -> None:
    raw, _ = embeddings()
    asked = objective(loss, mining=mining)
    raw.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: asked.loss(x, Batch(x, Y)), raw)
    for classes in (torch.zeros(len(Y), dtype=torch.long), torch.arange(3), torch.zeros(1, dtype=torch.long)):
        x = torch.ones(len(classes), 4, requires_grad=True)  # no negatives, no positives, one example; all alike
        value = asked.loss(x, Batch(x, classes))
        (gradient,) = torch.autograd.grad(value, x)
        assert value.isfinite()
        assert gradient.isfinite().all()


def test_classes_as_probabilities_give_the_same() -> None:
    raw, _ = embeddings()
    codes = F.one_hot(Y, 3).double()
    for loss in ("contrastive", "triplet", "supervised_contrastive"):
        torch.testing.assert_close(
            objective(loss).loss(raw, Batch(raw, Y)), objective(loss).loss(raw, Batch(raw, codes))
        )


def test_many_members_at_once_compute_the_same() -> None:
    raw = torch.randn(3, len(Y), 4)
    for loss in ("contrastive", "triplet", "supervised_contrastive"):
        asked = objective(loss, mining="semi_hard")
        together = torch.func.vmap(lambda x, asked=asked: asked.loss(x, Batch(x, Y)))(raw)
        alone = torch.stack([asked.loss(x, Batch(x, Y)) for x in raw])
        torch.testing.assert_close(together, alone)


def test_a_split_is_a_mean_over_blocks() -> None:
    raw, classes = torch.randn(BLOCK + 7, 4), torch.randint(3, (BLOCK + 7,))
    asked = objective("contrastive")
    parts = [asked.loss(raw[rows], Batch(raw[rows], classes[rows])) for rows in (slice(BLOCK), slice(BLOCK, None))]
    torch.testing.assert_close(asked.loss(raw, Batch(raw, classes)), torch.stack(parts).mean())


def test_retrieval_is_that_of_scikit_learn() -> None:
    _, z = embeddings()
    distance, same = torch.cdist(z, z), Y.unsqueeze(0) == Y.unsqueeze(1)
    found = retrieval(distance, same)
    precision, average = [], []
    for i in range(len(Y)):
        others = [j for j in range(len(Y)) if j != i]
        precision.append(float(same[i, min(others, key=lambda j: distance[i, j])]))
        average.append(average_precision_score(same[i, others].numpy(), -distance[i, others].numpy()))
    assert found["precision_at_1"] == pytest.approx(np.mean(precision))
    assert found["mean_average_precision"] == pytest.approx(np.mean(average))


def test_clusters_are_recognized_and_noise_is_at_chance() -> None:
    classes = torch.arange(4).repeat(60)
    points = 10 * torch.eye(4)[classes] + torch.randn(240, 4, generator=torch.Generator().manual_seed(0))
    found = embedding_metrics(points, classes, 1)
    assert min(found[name] for name in ("shot_accuracy", "precision_at_1", "mean_average_precision")) > 0.999
    assert found["intra_inter"] < 0.3
    noise = torch.randn(240, 4, generator=torch.Generator().manual_seed(1))
    assert shot_accuracy(noise, classes, 1) == pytest.approx(0.25, abs=0.03)
    assert embedding_metrics(noise, classes, 1)["intra_inter"] == pytest.approx(1, abs=0.03)
    assert embedding_metrics(noise, torch.zeros(240, dtype=torch.long), 1).keys() == {
        "precision_at_1",
        "mean_average_precision",
    }


def test_a_run_has_the_metrics_and_as_many_outputs_as_dimensions(config: Config, tmp_path: Path) -> None:
    words = ("objective=metric_learning", "dataset=iris", "trainer.max_steps=2", "trainer.accelerator=cpu")
    summary = run(config(*words, "regularizer=mixup", "objective.dimensions=3"), tmp_path / "run", raises=True)
    assert {"test/shot_accuracy", "test/precision_at_1", "test/intra_inter", "test/loss"} <= summary["metrics"].keys()
    assert summary["baseline_name"] == "the inputs themselves"
    assert np.load(tmp_path / "run" / "predictions.npz")["prediction"].shape == (30, 3)
    with pytest.raises(ConfigError, match="no probabilities to smooth"):
        assemble(config(*words, "regularizer=label_smoothing", "regularizer.label_smoothing.smoothing=0.1"))
    with pytest.raises(ConfigError, match="needs classes as targets"):
        assemble(config("objective=metric_learning", "dataset=diabetes"))
