"""Synthetic tables have the laws and moments that they state."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures

from dlx.dataset.bernoulli import Bernoulli
from dlx.dataset.blobs import Blobs
from dlx.dataset.linear import Linear
from dlx.dataset.logic import Logic
from dlx.dataset.logistic import Logistic
from dlx.dataset.moons import Moons
from dlx.dataset.polynomial_curve import PolynomialCurve
from dlx.dataset.spirals import Spirals
from dlx.dataset.wilson import Wilson


def test_linear_is_recovered_by_least_squares() -> None:
    table = Linear(examples=4000, dimensions=6, nonzero=2, target_noise=0.3, design="random").load(1)
    design = np.column_stack([table.inputs, np.ones(4000)])
    found, residual, *_ = np.linalg.lstsq(design, table.targets[:, 0], rcond=None)
    truth = np.append(table.truth["coefficients"], table.truth["intercept"])
    np.testing.assert_allclose(found, truth, atol=0.03)
    assert np.linalg.norm(table.truth["coefficients"]) == pytest.approx(1)
    assert np.count_nonzero(table.truth["coefficients"]) == 2
    assert residual[0] / 4000 == pytest.approx(0.09, rel=0.1)


def test_a_fixed_design_changes_in_its_noise_alone() -> None:
    keys = {"examples": 30, "dimensions": 3, "nonzero": None, "target_noise": 1.0}
    first, second = (Linear(**keys, design="fixed").load(seed) for seed in (1, 2))
    assert np.array_equal(first.inputs, second.inputs)
    assert not np.array_equal(first.targets, second.targets)
    assert not np.array_equal(Linear(**keys, design="random").load(1).inputs, first.inputs)
    grid = PolynomialCurve(examples=5, curve="cubic", target_noise=0.0, design="fixed").load(3)
    assert grid.inputs[:, 0].tolist() == [-1, -0.5, 0, 0.5, 1]
    np.testing.assert_allclose(grid.targets[:, 0], np.cos(3 * np.arccos(grid.inputs[:, 0])), atol=1e-6)  # T3


def test_a_fixed_design_of_classes_changes_in_the_classes_alone() -> None:
    keys = {"examples": 400, "dimensions": 3, "scale": 1.0, "intercept": 0.0}
    first, second = (Logistic(**keys, design="fixed").load(seed) for seed in (1, 2))
    assert np.array_equal(first.inputs, second.inputs)
    assert np.array_equal(first.truth["coefficients"], second.truth["coefficients"])
    assert not np.array_equal(first.targets, second.targets)
    assert not np.array_equal(Logistic(**keys, design="random").load(1).inputs, first.inputs)


def test_logistic_is_recovered_by_maximum_likelihood() -> None:
    table = Logistic(examples=20_000, dimensions=3, scale=2.0, intercept=0.5, design="random").load(4)
    fit = LogisticRegression(C=np.inf).fit(table.inputs, table.targets)
    np.testing.assert_allclose(fit.coef_[0], table.truth["coefficients"], atol=0.1)
    assert fit.intercept_[0] == pytest.approx(0.5, abs=0.1)
    assert np.linalg.norm(table.truth["coefficients"]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("gate", "truth"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])], ids=["and", "or", "xor"]
)
def test_truth_tables(gate: str, truth: list[int]) -> None:
    table = Logic(gate=gate, copies=3, noise=0.0).load(0)
    assert len(table.inputs) == 12
    for (a, b), value in zip(table.inputs, table.targets, strict=True):
        assert value == truth[int(2 * a + b)]


CURVES = {
    "sine": lambda x: np.sin(np.pi * x),
    "cubic": lambda x: 4 * x**3 - 3 * x,
    "runge": lambda x: 1 / (1 + 25 * x**2),
}


@pytest.mark.parametrize("curve", CURVES)
def test_a_curve_and_its_noise(curve: str) -> None:
    table = PolynomialCurve(examples=20_000, curve=curve, target_noise=0.4, design="random").load(5)
    x, y = table.inputs[:, 0].astype(float), table.targets[:, 0]
    assert stats.kstest(x, "uniform", (-1, 2)).pvalue > 1e-3
    np.testing.assert_allclose(table.extra["curve"], CURVES[curve](x), atol=1e-5)
    noise = y - CURVES[curve](x)
    assert noise.mean() == pytest.approx(0, abs=0.015)
    assert noise.std() == pytest.approx(0.4, rel=0.02)
    assert np.corrcoef(noise, x)[0, 1] == pytest.approx(0, abs=0.03)


def test_noise_on_a_gate_and_inputs_of_the_laws_have_their_moments() -> None:
    gate = Logic(gate="and", copies=5000, noise=0.2).load(3)
    clean = Logic(gate="and", copies=5000, noise=0.0).load(3)
    assert (gate.inputs - clean.inputs).std() == pytest.approx(0.2, rel=0.02)
    law = Linear(examples=20_000, dimensions=3, nonzero=None, target_noise=0.5, design="random").load(0)
    np.testing.assert_allclose(np.cov(law.inputs.T), np.eye(3), atol=0.03)
    assert law.targets.var() == pytest.approx(1 + 0.25, rel=0.03)  # |w| = 1, and the noise
    odds = Logistic(examples=20_000, dimensions=3, scale=2.0, intercept=0.0, design="random").load(0)
    np.testing.assert_allclose(np.cov(odds.inputs.T), np.eye(3), atol=0.03)
    assert odds.targets.mean() == pytest.approx(0.5, abs=0.015)


def test_xor_is_linear_in_the_product_and_in_nothing_less() -> None:
    table = Logic(gate="xor", copies=50, noise=0.0).load(0)
    line = LogisticRegression(C=1e4).fit(table.inputs, table.targets).score(table.inputs, table.targets)
    product = PolynomialFeatures(2).fit_transform(table.inputs)
    assert line <= 0.75
    assert LogisticRegression(C=1e4).fit(product, table.targets).score(product, table.targets) == 1


def test_moons_lie_on_their_circles() -> None:
    table = Moons(examples=100, noise=0.0).load(0)
    upper, lower = table.inputs[table.targets == 0], table.inputs[table.targets == 1]
    assert len(upper) == len(lower) == 50
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-5)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, rtol=1e-5)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5
    noisy = Moons(examples=20_000, noise=0.2).load(0)
    radius = np.hypot(*noisy.inputs[noisy.targets == 0].T)
    assert radius.std() == pytest.approx(0.2, rel=0.1)


def test_spirals_turn_with_their_radius() -> None:
    table = Spirals(examples=300, arms=3, turns=2.0, noise=0.0).load(0)
    radius = np.hypot(*table.inputs.T)
    assert radius.min() >= 0.1
    assert radius.max() <= 1 + 1e-6
    turn = np.arctan2(table.inputs[:, 1], table.inputs[:, 0]) / (2 * np.pi) - table.targets / 3 - 2 * radius
    np.testing.assert_allclose(np.abs(turn - np.rint(turn)), 0, atol=1e-4)


def test_blobs_have_their_centers_and_spread() -> None:
    table = Blobs(examples=9000, centers=3, dimensions=4, spread=1.5).load(2)
    for label in range(3):
        cloud = table.inputs[table.targets == label]
        np.testing.assert_allclose(cloud.mean(0), table.truth["centers"][label], atol=0.12)
        np.testing.assert_allclose(cloud.std(0), 1.5, rtol=0.05)


def test_wilson_is_the_construction_of_the_paper() -> None:
    n = 40
    table = Wilson(examples=n, prevalence=0.6).load(0)
    for number, (x, label) in enumerate(zip(table.inputs, table.targets, strict=True), 1):
        y = 1 if label else -1
        expected = np.zeros(3 + 5 * n)
        for j in range(1, len(expected) + 1):  # Wilson et al. 2017, section 3.3, with their numbering from 1
            own = 4 + 5 * (number - 1)
            expected[j - 1] = y if j == 1 else 1 if j in (2, 3) or own <= j <= own + 2 * (1 - y) else 0
        assert np.array_equal(x, expected)
    assert table.targets.mean() == pytest.approx(0.6)
    assert np.array_equal(np.sign(table.inputs[:, 0]), 2 * table.targets - 1)


def test_bernoulli_tests_on_the_true_chances() -> None:
    table = Bernoulli(coins=5000, n=20, alpha=2.0, beta=3.0).load(0)
    assert table.parts == (20, 20, 1)
    chances, tosses = table.targets[-1], table.targets[:-1]
    assert stats.kstest(chances, stats.beta(2, 3).cdf).pvalue > 0.001
    assert set(np.unique(tosses)) == {0, 1}
    error = ((tosses[:20].mean(0) - chances) ** 2).mean()
    assert error == pytest.approx((chances * (1 - chances)).mean() / 20, rel=0.1)  # the variance of a mean


def test_synthetic_data_depend_on_the_seed_alone() -> None:
    dataset = Moons(examples=10, noise=0.1)
    assert dataset.load(5).hash == dataset.load(5).hash != dataset.load(6).hash
