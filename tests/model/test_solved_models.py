"""Models that are counted or solved, and linear ones to convergence, against scikit-learn and linear algebra."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import PolynomialFeatures
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.assembly.assembly import Assembly
from dlx.errors import ConfigError
from dlx.model.polynomial import Polynomial
from dlx.model.random_features import RandomFeatures
from dlx.results.checkpoint import load_checkpoint
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.solve import settle

Config = Callable[..., dict[str, Any]]


def solved(composed: dict[str, Any]) -> tuple[Assembly, nn.Module]:
    """Return the assembly and its network, solved from the training split."""
    assembly = assemble(composed)
    network = assembly.network()
    assert settle(network, assembly.data.train)
    return assembly, network


# --- constant


def test_constant_is_the_majority_or_the_mean(config: Config) -> None:
    assembly, network = solved(config("model=constant"))
    shares = np.bincount(assembly.data.train.targets.numpy()) / len(assembly.data.train)
    scores = network(assembly.data.test.inputs[:4])
    np.testing.assert_allclose(scores.softmax(1).numpy(), np.tile(shares, (4, 1)), rtol=1e-5)
    assert (scores.argmax(1) == int(shares.argmax())).all()
    assembly, network = solved(config("model=constant", "dataset=diabetes"))
    answer = assembly.data.units.restore(network(assembly.data.test.inputs[:1]))
    truth = assembly.data.units.restore(assembly.data.train.targets).mean()
    assert answer.item() == pytest.approx(truth.item(), rel=1e-5)


def test_a_solved_run_equals_its_naive_baseline_and_takes_no_step(config: Config, tmp_path: Path) -> None:
    summary = run(config("model=constant", "trainer.accelerator=cpu"), tmp_path / "run", raises=True)
    assert (summary["status"], summary["steps"], summary["epochs"]) == ("finished", 0, 0)
    assert summary["metrics"]["test/accuracy"] == summary["baseline"]["test/accuracy"]
    assert any("solved from the training split" in note for note in summary["notes"])
    state = load_checkpoint(tmp_path / "run" / "checkpoints" / "best.ckpt")
    assert state is not None
    assert (state["state_dict"]["network.answer"] < 0).all()


@pytest.mark.parametrize("model", ["constant", "naive_bayes", "random_features"])
def test_penalties_on_solved_models_are_refused(model: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=r"regularizer=l2: model=.* is solved at once"):
        assemble(config(f"model={model}", "regularizer=l2"))


# --- naive Bayes


@pytest.mark.parametrize("smoothing", [1e-9, 1e-2])
@pytest.mark.parametrize("dataset", ["iris", "digits", "breast_cancer"])
def test_naive_bayes_is_scikit_learns(dataset: str, smoothing: float, config: Config) -> None:
    overrides = ("model=naive_bayes", f"dataset={dataset}", f"model.var_smoothing={smoothing}")
    composed = config(*overrides, "trainer.precision=64-true")
    assembly, network = solved(composed)
    train, test = assembly.data.train, assembly.data.test
    truth = GaussianNB(var_smoothing=smoothing).fit(train.inputs.double().numpy(), train.targets.numpy())
    x = test.inputs.double()
    scores = network(x)
    np.testing.assert_array_equal(scores.argmax(1).numpy(), truth.predict(x.numpy()))
    np.testing.assert_allclose(scores.numpy(), truth.predict_joint_log_proba(x.numpy()), rtol=1e-6)


def test_naive_bayes_needs_classes(config: Config) -> None:
    with pytest.raises(ConfigError, match="model=naive_bayes needs classes"):
        assemble(config("model=naive_bayes", "dataset=diabetes"))


# --- random features


@pytest.mark.parametrize("features", [20, 200])
@pytest.mark.parametrize("dataset", ["wine", "diabetes"])
def test_random_features_are_numpys_pseudo_inverse(dataset: str, features: int, config: Config) -> None:
    overrides = ("model=random_features", f"dataset={dataset}", f"model.features={features}", "dataset.limit=60")
    assembly, network = solved(config(*overrides, "model.ridge=0"))
    train = assembly.data.train
    layer = network.hidden
    hidden = np.maximum(train.inputs.numpy() @ layer.weight.numpy().T + layer.bias.numpy(), 0).astype(np.float64)
    targets = np.eye(3)[train.targets.numpy()] if dataset == "wine" else train.targets.double().numpy()
    expected = np.linalg.pinv(hidden) @ targets
    np.testing.assert_allclose(network.output.weight.numpy().T, expected, atol=1e-4 * np.abs(expected).max())
    if features > 60:  # interpolation
        np.testing.assert_allclose(network(train.inputs).numpy(), targets, atol=1e-4)


def test_random_features_are_judged_by_what_they_minimize(config: Config, tmp_path: Path) -> None:
    """Codes of classes are regressed on: the loss is the squared error, with objective=auto too."""
    words = ("model=random_features", "dataset=wine", "trainer.accelerator=cpu")
    for number, objective in enumerate((["objective=auto"], [])):
        composed = config(*words, *objective)
        metrics = run(composed, tmp_path / str(number), raises=True)["metrics"]
        assembly, network = solved(composed)
        codes = np.eye(3)[assembly.data.test.targets.numpy()]
        error = ((network(assembly.data.test.inputs).numpy() - codes) ** 2).mean()
        assert metrics["test/loss"] == pytest.approx(error, rel=1e-5)
        assert "test/cross_entropy" not in metrics
    chosen = assemble(config(*words, "objective.loss=cross_entropy")).objective
    assert chosen.kind == "cross_entropy"


@pytest.mark.parametrize("dataset", ["wine", "diabetes"])
def test_random_features_with_a_ridge_are_scikit_learns(dataset: str, config: Config) -> None:
    overrides = ("model=random_features", f"dataset={dataset}", "model.features=100", "model.ridge=0.3")
    assembly, network = solved(config(*overrides))
    train, test = assembly.data.train, assembly.data.test
    targets = np.eye(3)[train.targets.numpy()] if dataset == "wine" else train.targets.double().numpy()
    truth = Ridge(alpha=0.3 * len(train.inputs), fit_intercept=False)
    truth.fit(network.features(train.inputs).double().numpy(), targets)
    expected = truth.predict(network.features(test.inputs).double().numpy()).reshape(len(test.inputs), -1)
    np.testing.assert_allclose(network(test.inputs).numpy(), expected, atol=1e-5)


def test_random_features_are_drawn_with_unit_variance_and_stay(config: Config) -> None:
    torch.manual_seed(0)
    network = RandomFeatures(DataSpec("vector", (50,), "number", 1), nn.ReLU, features=4000, ridge=0.0)
    assert network.hidden.weight.var().item() == pytest.approx(1 / 50, rel=0.02)
    assert network.hidden.bias.var().item() == pytest.approx(1, rel=0.1)
    assert not any(parameter.requires_grad for parameter in network.parameters())


# --- polynomials


def test_a_polynomial_starts_at_zero(config: Config) -> None:
    weights = assemble(config("model=polynomial", "dataset=wine")).network().state_dict()
    assert not any(weight.any() for weight in weights.values())


@pytest.mark.parametrize("basis", ["monomial", "hermite"])
@pytest.mark.parametrize("degree", [0, 1, 3])
def test_polynomial_in_closed_form_is_scikit_learns(basis: str, degree: int, config: Config, tmp_path: Path) -> None:
    composed = config(
        "model=polynomial", "dataset=iris", "objective.loss=mse", f"model.degree={degree}", f"model.basis={basis}",
        "optimizer=closed_form", "trainer.precision=64-true", "trainer.accelerator=cpu", "trainer.test_weights=last",
    )  # fmt: skip
    run(composed, tmp_path / "run", raises=True)
    data = assemble(composed).data
    terms = PolynomialFeatures(degree, include_bias=False)
    x = terms.fit_transform(data.train.inputs.double().numpy()) if degree else np.zeros((len(data.train), 1))
    y = np.eye(3)[data.train.targets.numpy()]
    truth = LinearRegression().fit(x, y)
    test = terms.transform(data.test.inputs.double().numpy()) if degree else np.zeros((len(data.test), 1))
    found = np.load(tmp_path / "run" / "predictions.npz")["prediction"]
    np.testing.assert_allclose(found, truth.predict(test), atol=1e-4)


def test_monomials_are_scikit_learns_in_their_order() -> None:
    x = torch.randn(5, 3, dtype=torch.float64)
    network = Polynomial(DataSpec("vector", (3,), "number", 1), degree=4, basis="monomial").double()
    truth = PolynomialFeatures(4, include_bias=False).fit_transform(x.numpy())
    np.testing.assert_allclose(network.features(x).numpy(), truth, rtol=1e-10)
    assert network.features(x).shape[1] == math.comb(3 + 4, 4) - 1


def test_hermite_terms_are_uncorrelated_for_normal_features() -> None:
    points, weights = np.polynomial.hermite_e.hermegauss(12)
    grid = np.stack(np.meshgrid(points, points, indexing="ij"), -1).reshape(-1, 2)
    mass = np.outer(weights, weights).ravel() / weights.sum() ** 2
    network = Polynomial(DataSpec("vector", (2,), "number", 1), degree=4, basis="hermite").double()
    terms = network.features(torch.from_numpy(grid)).numpy()
    np.testing.assert_allclose((terms * mass[:, None]).T @ terms, np.eye(terms.shape[1]), atol=1e-10)
    np.testing.assert_allclose(mass @ terms, 0, atol=1e-10)


def test_too_many_terms_are_refused(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"degree: a polynomial of degree 3 in 64 features has 47,905 terms; .* 2"):
        assemble(config("model=polynomial", "model.degree=3"))


# --- logistic regression


@pytest.mark.parametrize("strength", [0.0, 1e-3, 1e-1])
def test_logistic_regression_is_scikit_learns(strength: float, config: Config, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3))
    classes = (x @ random.normal(size=(3, 3)) + random.gumbel(size=(300, 3))).argmax(1)  # not separable
    rows = "\n".join(f"{a:.9g},{b:.9g},{c:.9g},{'uvw'[k]}" for (a, b, c), k in zip(x, classes, strict=True))
    (tmp_path / "table.csv").write_text(f"a,b,c,kind\n{rows}\n")
    composed = config(
        "model=logistic", "dataset=csv", f"dataset.path={tmp_path / 'table.csv'}", "dataset.target=kind",
        "regularizer=l2", f"regularizer.l2.strength={strength}", "optimizer=lbfgs", "optimizer.max_iter=300",
        "optimizer.tolerance_change=0", "optimizer.tolerance_grad=1e-10", "trainer.max_epochs=3",
        "dataset.batch_size=null", "trainer.precision=64-true", "trainer.accelerator=cpu", "trainer.test_weights=last",
    )  # fmt: skip
    run(composed, tmp_path / "run", raises=True)
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint is not None
    train = assemble(composed).data.train
    penalty = 1 / (2 * len(train) * strength) if strength else np.inf
    truth = LogisticRegression(C=penalty, tol=1e-12, max_iter=10_000)
    truth.fit(train.inputs.double().numpy(), train.targets.numpy())
    weight, bias = (checkpoint["state_dict"][f"network.output.{name}"].numpy() for name in ("weight", "bias"))
    # Scores are free up to a constant common to all classes.
    np.testing.assert_allclose(weight - weight.mean(0), truth.coef_ - truth.coef_.mean(0), atol=2e-5)
    np.testing.assert_allclose(bias - bias.mean(), truth.intercept_ - truth.intercept_.mean(), atol=2e-5)


@pytest.mark.parametrize("seed", range(3))
def test_features_that_are_nearly_alike_do_not_blow_up(
    seed: int, config: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Rectifiers of one input that bend outside the data differ by rounding alone, which must not be divided by."""
    words = (
        "model=random_features", "model.features=30", "model.ridge=0", "dataset=polynomial_curve", f"seed={seed}",
        "trainer.accelerator=cpu",
    )  # fmt: skip
    summary = run(config(*words), tmp_path / "run", raises=True)
    assert summary["metrics"]["test/mse"] < summary["baseline"]["test/mse"]
