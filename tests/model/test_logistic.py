"""Logistic regression of two classes has one row of weights: those of the log-odds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from dlx.assembly.assemble import assemble
from dlx.data.prepared import Split
from dlx.model.logistic import Logistic
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
EXACT = (
    "model=logistic", "optimizer=lbfgs", "optimizer.max_iter=300", "optimizer.tolerance_change=0",
    "optimizer.tolerance_grad=1e-10", "trainer.max_epochs=3", "dataset.batch_size=null", "trainer.precision=64-true",
    "trainer.accelerator=cpu", "trainer.test_weights=last",
)  # fmt: skip


def fitted(words: tuple[str, ...], config: Config, folder: Path) -> tuple[Split, np.ndarray, np.ndarray, np.ndarray]:
    """Return the training split, the probability of the second class of each test example, weights and bias."""
    composed = config(*EXACT, *words)
    run(composed, folder, raises=True)
    with np.load(folder / "predictions.npz") as kept:
        first, second = kept["prediction"].T
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    weights = (checkpoint["state_dict"][f"network.output.{name}"].numpy() for name in ("weight", "bias"))
    return assemble(composed).data.train, 1 / (1 + np.exp(first - second)), *weights


@pytest.mark.parametrize("strength", [2e-3, 0.1])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_has_the_chances_of_scikit_learn(strength: float, seed: int, config: Config, tmp_path: Path) -> None:
    words = ("dataset=breast_cancer", f"seed={seed}", "regularizer=l2", f"regularizer.l2.strength={strength}")
    train, chances, weight, bias = fitted(words, config, tmp_path / "run")
    test = assemble(config(*EXACT, *words)).data.test
    truth = LogisticRegression(C=1 / (2 * len(train) * strength), tol=1e-12, max_iter=100_000)
    truth.fit(train.inputs.double().numpy(), train.targets.numpy())
    np.testing.assert_allclose(chances, truth.predict_proba(test.inputs.double().numpy())[:, 1], atol=1e-4)
    np.testing.assert_allclose(weight, truth.coef_, atol=1e-4)
    np.testing.assert_allclose(bias, truth.intercept_, atol=1e-4)


@pytest.mark.parametrize("sd", [0.3, 2.0])
def test_it_is_the_most_probable_value_under_the_prior(sd: float, config: Config, tmp_path: Path) -> None:
    """The posterior is written down anew: Bernoulli's likelihood of the log-odds times N(0, sd²) of each weight."""
    words = ("dataset=breast_cancer", "regularizer=gaussian_prior", f"regularizer.gaussian_prior.sd={sd}")
    train, _, weight, bias = fitted(words, config, tmp_path / "run")
    x, y = train.inputs.double().numpy(), train.targets.numpy()

    def minus_log_posterior(theta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ theta[:-1] + theta[-1]
        value = np.logaddexp(0, z).sum() - z[y == 1].sum() + (theta[:-1] ** 2).sum() / (2 * sd**2)
        error = 1 / (1 + np.exp(-z)) - y
        return float(value), np.append(x.T @ error + theta[:-1] / sd**2, error.sum())

    best = minimize(minus_log_posterior, np.zeros(x.shape[1] + 1), jac=True, options={"gtol": 1e-8, "maxiter": 10_000})
    np.testing.assert_allclose(np.append(weight, bias), best.x, atol=1e-5)


def test_the_prior_of_a_laplace_density_is_one_on_the_log_odds(config: Config, tmp_path: Path) -> None:
    """At the mode the slope of the log-likelihood balances that of -|w|/b, or is smaller where w is 0 (Tibshirani)."""
    b = 0.1
    words = (
        "dataset=moons", "dataset.noise_features=4", "optimizer=gd", "optimizer.lr=1", "trainer.max_epochs=500",
        "regularizer=laplace_prior", f"regularizer.laplace_prior.b={b}", "regularizer.laplace_prior.proximal=true",
    )  # fmt: skip
    without = tuple(word for word in EXACT if not word.startswith(("optimizer", "trainer.max_epochs")))
    composed = config(*without, *words)
    run(composed, tmp_path / "run", raises=True)
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    weight, bias = (checkpoint["state_dict"][f"network.output.{name}"].numpy() for name in ("weight", "bias"))
    train = assemble(composed).data.train
    x, y = train.inputs.double().numpy(), train.targets.numpy()
    slope = (y - 1 / (1 + np.exp(-(x @ weight[0] + bias)))) @ x
    kept = weight[0] != 0
    assert 0 < kept.sum() < len(kept)
    np.testing.assert_allclose(slope[kept], np.sign(weight[0][kept]) / b, atol=1e-6)
    assert (np.abs(slope[~kept]) <= 1 / b).all()


def test_the_scores_are_those_of_softmax_with_the_first_row_at_zero(config: Config) -> None:
    network = assemble(config("model=logistic", "dataset=moons", "trainer.accelerator=cpu")).network()
    x = torch.randn(5, 2)
    layer = torch.nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.zero_()[1] = network.output.weight[0]  # type: ignore[index]
        layer.bias.zero_()[1] = network.output.bias[0]  # type: ignore[index]
    torch.testing.assert_close(network(x), layer(x))
    assert sum(parameter.numel() for parameter in network.parameters()) == 3


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        (DataSpec("vector", (4,), "class", 2, softmax=True), (1, 4)),
        (DataSpec("vector", (4,), "class", 3, softmax=True), (3, 4)),
        (DataSpec("vector", (4,), "class", 2), (2, 4)),  # regressed on codes: each score has a meaning of its own
        (DataSpec("vector", (4,), "class", 1), (1, 4)),
    ],
)
def test_only_two_classes_with_a_softmax_have_one_row(spec: DataSpec, shape: tuple[int, int]) -> None:
    network = Logistic(spec)
    assert network.output.weight.shape == shape
    assert network(torch.randn(7, 4)).shape == (7, spec.outputs)


@pytest.mark.parametrize(
    "words",
    [
        ("diagnostics=full", "metrics.by=class", "objective.threshold=0.3"),
        ("objective.loss=nll", "regularizer=[label_smoothing,mixup,gradient_noise]", "dataset.test_transforms=[]"),
        ("dataset.folds=3", "dataset.fold=all"),
        ("normalization=weight", "initializer=lsuv"),
        ("optimizer=muon", "regularizer=max_norm"),
        ("dataset=digits", "dataset.classes=[3,8]", "dataset.test_transforms=[flip]"),
    ],
)
def test_whatever_reads_scores_of_classes_works(words: tuple[str, ...], config: Config, tmp_path: Path) -> None:
    from sklearn import metrics

    dataset = () if any(word.startswith("dataset=") for word in words) else ("dataset=breast_cancer",)
    common = ("model=logistic", *dataset, "trainer.max_epochs=3", "trainer.accelerator=cpu")
    summary = run(config(*common, *words), tmp_path / "run", raises=True)
    found = summary["metrics"]
    with np.load(tmp_path / "run" / "predictions.npz") as kept:
        scores, target = kept["prediction"], kept["target"]
    assert (scores[:, 0] == 0).all()
    chances = 1 / (1 + np.exp(-scores[:, 1].astype(np.float64)))
    decided = chances >= (0.3 if "objective.threshold=0.3" in words else 0.5)
    assert found["test/accuracy"] == pytest.approx(metrics.accuracy_score(target, decided))
    assert found["test/recall"] == pytest.approx(metrics.recall_score(target, decided))
    assert found["test/auroc"] == pytest.approx(metrics.roc_auc_score(target, chances))
    assert found["test/cross_entropy"] == pytest.approx(metrics.log_loss(target, chances), rel=1e-5)


def test_two_rows_of_an_earlier_run_are_taken_as_their_difference(config: Config, tmp_path: Path) -> None:
    """model=linear still has a row for each class, as logistic regression had: the same function, written otherwise."""
    common = ("dataset=moons", "trainer.accelerator=cpu", "trainer.max_epochs=3", "trainer.test_weights=last")
    run(config("model=linear", *common), tmp_path / "two", raises=True)
    recorded = tmp_path / "two" / "identity.json"
    recorded.write_text(recorded.read_text().replace("dlx.model.linear.Linear", "dlx.model.logistic.Logistic"))
    source = tmp_path / "two" / "checkpoints" / "last.ckpt"
    words = ("model=logistic", f"model.init_from={source}", "trainer.max_epochs=0")
    summary = run(config(*common, *words), tmp_path / "one", raises=True)
    margins = []
    for name in ("two", "one"):
        with np.load(tmp_path / name / "predictions.npz") as kept:
            margins.append(kept["prediction"][:, 1] - kept["prediction"][:, 0])
    np.testing.assert_allclose(margins[1], margins[0], atol=1e-6)
    assert "model.init_from: copied output" in summary["notes"]
