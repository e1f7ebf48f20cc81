"""Multi-label classification: loss by a slow loop, metrics by scikit-learn, and what an image has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.metrics.labels import label_metrics
from dlx.objective.multi_label import MultiLabel
from dlx.regularizer.mixup import Mixup
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
SPEC = DataSpec("vector", (3,), "labels", 4)
MIXED = ("dataset=shapes", "objective=multi_label", "dataset.kinds=mixed", "dataset.objects=[0,1,2]")


def objective(loss: Any = "binary_cross_entropy", smoothing: float = 0.0, **keys: Any) -> MultiLabel:
    return MultiLabel(SPEC, smoothing, loss=loss, **{"threshold": 0.5, "scale": 1.0, **keys})


def example() -> tuple[torch.Tensor, Batch]:
    torch.manual_seed(0)
    targets = (torch.rand(50, 4) > 0.6).double()
    targets[:, 3] = 0  # a class that does not occur
    return 3 * torch.randn(50, 4, dtype=torch.float64) + 2 * targets, Batch(torch.zeros(50, 3), targets)


def test_losses_by_hand() -> None:
    scores, batch = example()
    y, p = batch.targets.numpy(), 1 / (1 + np.exp(-scores.numpy()))
    expected = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    assert objective(scale=3.0).loss(scores, batch).item() == pytest.approx(3 * expected)
    smooth = 0.8 * y + 0.1
    expected = -(smooth * np.log(p) + (1 - smooth) * np.log(1 - p)).mean()
    assert objective(smoothing=0.2).training_loss(scores, batch).item() == pytest.approx(expected)
    logs = np.log(np.exp(scores.numpy()) / np.exp(scores.numpy()).sum(1, keepdims=True))
    shares = y / np.maximum(y.sum(1, keepdims=True), 1)  # an image without objects has no target
    assert objective("cross_entropy").loss(scores, batch).item() == pytest.approx(-(shares * logs).sum(1).mean())


def test_metrics_by_scikit_learn() -> None:
    scores, batch = example()
    target, decided = batch.targets.numpy().astype(int), (scores > 0).long()
    found = label_metrics(40 * scores, decided, batch.targets)  # large scores stay apart
    common = {"average": "macro", "zero_division": 0}
    assert found == pytest.approx(
        {
            "accuracy": 1 - sk.hamming_loss(target, decided),
            "predicted_labels": decided.numpy().sum() / 50,
            "exact_match": sk.accuracy_score(target, decided),
            "precision": sk.precision_score(target, decided, **common),
            "recall": sk.recall_score(target, decided, **common),
            "f1": sk.f1_score(target, decided, **common),
            "average_precision": sk.average_precision_score(target[:, :3], scores[:, :3].numpy()),
        },
        abs=1e-6,
    )
    quick = objective().quick(scores, batch)
    assert quick["exact_match"].item() == pytest.approx(found["exact_match"])
    assert quick["accuracy"].item() == pytest.approx(found["accuracy"])


def test_softmax_predicts_one_class_and_sigmoids_any_number() -> None:
    scores = torch.tensor([[3.0, 2.0, -1.0, -2.0], [-1.0, -2.0, -3.0, -4.0]])
    assert objective().decide(scores).tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]
    assert objective("cross_entropy").decide(scores).tolist() == [[1, 0, 0, 0], [1, 0, 0, 0]]
    assert objective(threshold=0.9).decide(scores).sum() == 1
    with pytest.raises(ValueError, match="threshold: decides with loss=binary_cross_entropy alone"):
        objective("cross_entropy", threshold=0.3)


def test_passes_are_averaged_as_probabilities() -> None:
    passes = torch.randn(3, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(objective().average(passes).sigmoid(), passes.sigmoid().mean(0))
    torch.testing.assert_close(
        objective("cross_entropy").average(passes).exp(), passes.softmax(2).mean(0), rtol=1e-6, atol=0
    )


def test_mixtures_of_examples_have_mixtures_of_labels() -> None:
    _, batch = example()
    mixed = Mixup(SPEC, alpha=1.0).change_batch(batch, torch.Generator().manual_seed(1))
    share = (mixed.targets / batch.targets.clamp_min(0.5))[batch.targets > 0]
    assert mixed.targets.shape == (50, 4)
    assert 0 < share.min() < 1


@pytest.mark.parametrize(
    "words", ["model=cnn metrics.by=output regularizer=[mixup,label_smoothing,dropout]", "model=constant"]
)
def test_runs_beside_the_baseline(words: str, config: Config, tmp_path: Path) -> None:
    composed = config(*MIXED, *words.split(), "dataset.examples=200", "trainer.max_epochs=1", "trainer.accelerator=cpu")
    summary = run(composed, tmp_path / "run", raises=True)
    assert {"test/exact_match", "test/average_precision"} <= set(summary["metrics"]) & set(summary["baseline"])
    if "constant" in words:
        assert summary["metrics"]["test/loss"] == pytest.approx(summary["baseline"]["test/loss"])
    else:
        assert 0 <= summary["metrics"]["test/output_4/accuracy"] <= 1


def test_random_features_predict_where_the_label_is_more_likely(config: Config, tmp_path: Path) -> None:
    words = (
        "model=random_features",
        "objective.loss=binary_cross_entropy",
        "dataset.examples=300",
        "dataset.pixel_noise=0",
        "dataset.objects=1",
    )
    metrics = run(config(*MIXED[:3], *words, "dataset.position=center"), tmp_path / "run", raises=True)["metrics"]
    assert metrics["test/exact_match"] == 1


def test_mistakes_name_what_the_data_have(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"needs classes as targets; .* labels .*; try objective=multi_label"):
        assemble(config("dataset=shapes", "dataset.kinds=mixed", "dataset.objects=2"))
    with pytest.raises(ConfigError, match=r"multi_label needs any number of labels as targets; .* objective=class"):
        assemble(config("dataset=digits", "objective=multi_label"))
    with pytest.raises(ConfigError, match="which model=naive_bayes cannot give"):
        assemble(config("dataset=shapes", "objective=multi_label", "model=naive_bayes"))
