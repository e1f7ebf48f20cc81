"""Losses of classes by hand, codes against linear regression, thresholds, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective.classification import Classification
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]


def made(classes: int = 3, **keys: Any) -> Classification:
    given: dict[str, Any] = {"loss": "cross_entropy", "codes": "one_hot", "threshold": None, "scale": 1.0} | keys
    return Classification(DataSpec("vector", (2,), "class", classes), 0.0, (), **given)


SCORES = torch.tensor([[2.0, 0.5, -1.0], [0.0, 0.0, 3.0]], dtype=torch.float64)
TARGET = torch.tensor([0, 1])
BATCH = Batch(SCORES, TARGET)


def test_losses_by_hand() -> None:
    p = np.exp(SCORES.numpy()) / np.exp(SCORES.numpy()).sum(1, keepdims=True)
    expected = -np.log(p[[0, 1], [0, 1]]).mean()
    assert made().loss(SCORES, BATCH).item() == pytest.approx(expected)
    assert made(loss="nll").loss(SCORES, BATCH).item() == pytest.approx(expected)
    one_hot = np.eye(3)[TARGET.numpy()]
    assert made(loss="mse").loss(SCORES, BATCH).item() == pytest.approx(((SCORES.numpy() - one_hot) ** 2).mean())
    coded = made(loss="mse", codes=[0.0, 1.0, 99.0])
    found = coded.loss(torch.tensor([[2.0], [7.0]]), Batch(SCORES, torch.tensor([0, 2])))
    assert found.item() == pytest.approx((4 + 92**2) / 2)


@pytest.mark.parametrize("loss", ["cross_entropy", "nll", "mse"])
def test_scale_multiplies_the_loss(loss: str) -> None:
    once, tenfold = made(loss=loss), made(loss=loss, scale=10.0)
    assert tenfold.loss(SCORES, BATCH).item() == pytest.approx(10 * once.loss(SCORES, BATCH).item())


def test_the_nearest_code_is_predicted() -> None:
    coded = made(loss="mse", codes=[0.0, 1.0, 99.0])
    output = torch.tensor([[-3.0], [0.4], [0.6], [49.0], [51.0]])
    assert coded.decide(coded.scores(output)).tolist() == [0, 0, 1, 1, 2]


def test_codes_are_a_linear_regression_on_class_numbers(config: Config, tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    codes = [0.0, 1.0, 99.0]
    composed = config(
        "model=linear",
        "dataset=iris",
        "objective.loss=mse",
        f"objective.codes={codes}",
        "optimizer=closed_form",
        "trainer.precision=64-true",
        "trainer.accelerator=cpu",
    )
    summary = run(composed, tmp_path / "run", raises=True)
    data = assemble(composed).data
    truth = LinearRegression().fit(data.train.inputs.double(), np.array(codes)[data.train.targets])
    output = truth.predict(data.test.inputs.double())
    decided = np.abs(output[:, None] - codes).argmin(1)
    assert summary["metrics"]["test/accuracy"] == pytest.approx((decided == data.test.targets.numpy()).mean())
    loss = ((output - np.array(codes)[data.test.targets]) ** 2).mean()
    assert summary["metrics"]["test/loss"] == pytest.approx(loss, rel=1e-4)
    assert "test/cross_entropy" not in summary["metrics"]
    assert np.load(tmp_path / "run" / "predictions.npz")["prediction"].shape == (len(decided), 3)


def test_threshold_on_the_probability_of_the_second_class() -> None:
    log_odds = torch.tensor([-3.0, -1.0, 0.5, 2.0])
    scores = torch.stack([torch.zeros(4), log_odds], 1)
    p = 1 / (1 + np.exp(-log_odds.numpy()))
    for threshold in (0.1, 0.5, 0.7):
        assert made(2, threshold=threshold).decide(scores).tolist() == (p >= threshold).astype(int).tolist()
    assert made(2).decide(scores).tolist() == [0, 0, 1, 1]
    shares = torch.tensor([[0.8, 0.2], [0.35, 0.65]])
    assert made(2, loss="mse", threshold=0.7).decide(shares).tolist() == [0, 0]
    assert made(2, loss="mse", threshold=0.6).decide(shares).tolist() == [0, 1]


def test_threshold_trades_precision_for_recall(config: Config, tmp_path: Path) -> None:
    recalls = []
    for threshold in (0.05, 0.95):
        composed = config(
            "model=logistic",
            "dataset=breast_cancer",
            f"objective.threshold={threshold}",
            "trainer.max_epochs=5",
            "trainer.accelerator=cpu",
        )
        recalls.append(run(composed, tmp_path / str(threshold), raises=True)["metrics"]["test/recall"])
    assert recalls[0] > recalls[1]


@pytest.mark.parametrize("keys", [{}, {"loss": "mse"}, {"loss": "mse", "codes": [5.0, 0.0, -5.0]}])
def test_the_baseline_always_names_the_majority(keys: dict[str, Any], config: Config) -> None:
    data = assemble(config("dataset=wine")).data
    objective = made(3, **keys)
    name, output = objective.baseline(data, data.test)
    most = int(torch.bincount(data.train.targets).argmax())
    assert name == "majority class"
    assert objective.decide(objective.scores(output)).tolist() == [most] * len(data.test)
    assert torch.isfinite(objective.loss(output, data.test.batch()))


MISTAKES = [
    (["dataset=iris", "objective.loss=mse", "objective.codes=[0,1]"], "expected 3 different numbers"),
    (["dataset=iris", "objective.loss=mse", "objective.codes=[0,1,1]"], "expected 3 different numbers"),
    (["dataset=iris", "objective.codes=[0,1,2]"], "only objective.loss=mse regresses on codes"),
    (["dataset=iris", "objective.threshold=0.5"], "threshold: decides between two classes"),
    (["dataset=breast_cancer", "objective.threshold=1.5"], "objective.threshold: expected float in (0, 1)"),
    (["objective.loss=hinge"], "cross_entropy|nll|mse"),
    (["objective.scale=0"], "objective.scale"),
    (["dataset=diabetes", "objective=classification"], "try objective=regression"),
    (["dataset=diabetes", "objective.loss=bernoulli"], "expected model=bernoulli"),
    (["objective=surface"], "try model=point"),
    (["model=point", "objective.condition_number=0.5"], "expected at least 1"),
    (["model=point", "objective.function=rosenbrock", "dataset.dimension=1"], "dataset.dimension >= 2"),
    (["model=point", "model.start=[1]"], "expected 2 numbers"),
    (["model=point", "dataset=digits"], "model=point needs no data"),
    (["dataset=none"], "model=mlp needs vectors"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_mistakes_are_refused_before_training(overrides: list[str], message: str, config: Config) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(config(*overrides))
    assert message in str(caught.value)


def test_weights_of_classes_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import log_loss
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.array([0] * 7 + [1] * 2 + [2])
    scores = torch.randn(10, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    for wanted in ("balanced", weights.tolist()):
        for loss in ("cross_entropy", "nll"):
            keys = {"loss": loss, "codes": "one_hot", "threshold": None, "scale": 1.0, "class_weight": wanted}
            objective = Classification(DataSpec("vector", (2,), "class", 3), 0.0, (7, 2, 1), **keys)  # type: ignore[arg-type]
            found = objective.loss(scores, Batch(scores, torch.from_numpy(labels))).item()
            expected = log_loss(labels, scores.softmax(1).numpy(), sample_weight=weights[labels])
            assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("dataset=iris", "objective.class_weight=[1,2]"),
            r"class_weight: expected 3 numbers, one for each class \(setosa",
        ),
        (("dataset=iris", "objective.class_weight=[1,2,0]"), r"objective.class_weight: expected"),
        (("dataset=iris", "objective.class_weight=balanced", "objective.loss=mse"), "null beside objective.loss=mse"),
        (("model=lstm", "objective=auto", "objective.class_weight=balanced"), "objective.class_weight: no such key"),
    ],
)
def test_weights_that_do_not_fit_are_refused(words: tuple[str, ...], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words))


def test_weights_count_the_training_split_and_leave_other_runs_their_identity(config: Config) -> None:
    from dlx.config.identity import canonical

    composed = config("dataset=iris", "objective=auto", "objective.class_weight=balanced", "dataset.limit=40")
    assembly = assemble(composed)
    weight = assembly.objective.class_weight  # type: ignore[attr-defined]
    counts = np.bincount(assembly.data.train.targets.numpy())
    np.testing.assert_allclose(weight.numpy(), 40 / (3 * counts))
    assert canonical(composed)["objective"]["class_weight"] == "balanced"
    for objective in ("auto", "classification"):
        assert "class_weight" not in canonical(config("dataset=iris", f"objective={objective}"))["objective"]
