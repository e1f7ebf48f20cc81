"""Penalized fits against scikit-learn's estimators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator

from dlx.assembly.assemble import assemble
from dlx.step.member import Member
from dlx.step.solve import settle

Config = Callable[..., dict[str, Any]]
ISTA = (
    "model=linear",
    "dataset=diabetes",
    "initializer=zeros",
    "optimizer=gd",
    "optimizer.lr_scale=inverse_lipschitz",
    "optimizer.lr=1",
)


def fitted(composed: dict[str, Any], steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Train in double precision, step by step, and return inputs, targets and weights."""
    assembly = assemble(composed)
    network = assembly.network().double()
    train = assembly.data.train
    batch = train.to("cpu", torch.float64).batch()
    member = Member(assembly.step(), network, [assembly.recipe.optimizer.make(list(network.parameters()))])
    generator = Generator().manual_seed(0)
    for _ in range(steps):
        member([batch], generator)
    return batch.inputs.numpy(), np.squeeze(batch.targets.numpy()), network.output.weight.detach().numpy()  # type: ignore[union-attr]


def test_l1_with_the_proximal_step_is_lasso(config: Config) -> None:
    from sklearn.linear_model import Lasso

    composed = config(*ISTA, "regularizer=l1", "regularizer.l1.strength=0.2", "regularizer.l1.proximal=true")
    x, y, w = fitted(composed, 1000)
    truth = Lasso(alpha=0.1, tol=1e-12, max_iter=100_000).fit(x, y).coef_
    np.testing.assert_allclose(w[0], truth, atol=1e-8)
    assert (w[0] == 0).sum() == (truth == 0).sum() > 0


def test_l1_without_it_has_no_exact_zero(config: Config) -> None:
    _, _, w = fitted(config(*ISTA[:4], "optimizer.lr=0.01", "regularizer=l1", "regularizer.l1.strength=0.2"), 500)
    assert (w == 0).sum() == 0


def test_elastic_net(config: Config) -> None:
    from sklearn.linear_model import ElasticNet

    keys = ("strength=0.3", "l1_ratio=0.6", "proximal=true")
    composed = config(*ISTA, "regularizer=elastic_net", *(f"regularizer.elastic_net.{key}" for key in keys))
    x, y, w = fitted(composed, 500)
    truth = ElasticNet(alpha=0.15, l1_ratio=0.6, tol=1e-12, max_iter=100_000).fit(x, y).coef_
    np.testing.assert_allclose(w[0], truth, atol=1e-8)
    assert (truth == 0).any()


def test_laplace_prior_is_lasso(config: Config) -> None:
    from sklearn.linear_model import Lasso

    keys = ("b=0.02", "proximal=true")
    composed = config(*ISTA, "regularizer=laplace_prior", *(f"regularizer.laplace_prior.{key}" for key in keys))
    x, y, w = fitted(composed, 1000)
    truth = Lasso(alpha=1 / (len(x) * 0.02), tol=1e-12, max_iter=100_000).fit(x, y).coef_
    np.testing.assert_allclose(w[0], truth, atol=1e-8)


def test_gaussian_prior_is_ridge(config: Config) -> None:
    from sklearn.linear_model import Ridge

    composed = config(
        "model=linear",
        "dataset=diabetes",
        "optimizer=closed_form",
        "regularizer=gaussian_prior",
        "regularizer.gaussian_prior.sd=0.1",
    )
    x, y, w = fitted(composed, 1)
    np.testing.assert_allclose(w[0], Ridge(alpha=1 / 0.1**2).fit(x, y).coef_, atol=1e-8)


@pytest.mark.parametrize(("dataset", "prior"), [("wine", True), ("breast_cancer", True), ("breast_cancer", False)])
def test_logistic_regression_with_and_without_a_gaussian_prior(dataset: str, prior: bool, config: Config) -> None:
    from sklearn.linear_model import LogisticRegression

    chosen = ("regularizer=gaussian_prior", "regularizer.gaussian_prior.sd=2.0") if prior else ()
    exact = ("optimizer.tolerance_change=0", "optimizer.tolerance_grad=1e-10")
    composed = config("model=logistic", f"dataset={dataset}", "optimizer=lbfgs", *exact, *chosen)
    if not prior:  # separable classes have no best weights: noise on the labels makes them overlap
        composed["dataset"] |= {"label_noise": 0.2}
    x, y, w = fitted(composed, 300)
    truth = LogisticRegression(C=4.0 if prior else np.inf, tol=1e-10, max_iter=5000).fit(x, y).coef_
    np.testing.assert_allclose(w, truth, atol=2e-3 * np.abs(truth).max())


def test_the_beta_prior_adds_tosses_and_no_slope_is_left(config: Config) -> None:
    keys = ("model=bernoulli", "dataset.coins=50", "dataset.n=7")
    priors = ("regularizer=beta_prior", "regularizer.beta_prior.a=3", "regularizer.beta_prior.b=2")
    for overrides, heads, tosses in ((keys, 0, 0), (keys + priors, 2, 3)):
        assembly = assemble(config(*overrides))
        network, train, step = assembly.network(), assembly.data.train, assembly.step()
        assert settle(network, train, step.having("penalty"))
        found = network(train.inputs[:1])[0]
        torch.testing.assert_close(found, (train.targets.sum(0) + heads) / (7 + tosses), atol=1e-6, rtol=0)
        if tosses:  # without a prior a chance of 0 or 1 has log-odds without bound
            weights = dict(network.requires_grad_(True).named_parameters())
            step.loss(step.phases[0], network, weights, train.batch(), Generator()).total.backward()
            assert weights["log_odds"].grad.abs().max() < 1e-7  # type: ignore[union-attr]
