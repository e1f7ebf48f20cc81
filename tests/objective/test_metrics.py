"""Metrics against scikit-learn's and statsmodels', on drawn inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn import metrics as truth

from dlx.metrics.classes import calibration_slope, class_metrics
from dlx.metrics.errors import error_metrics


@st.composite
def predictions(draw: st.DrawFn, classes: int) -> tuple[np.ndarray, np.ndarray]:
    examples = draw(st.integers(classes, 30))
    seed = draw(st.integers(0, 2**32 - 1))
    spread = draw(st.sampled_from([0.0, 0.1, 1.0, 30.0]))
    random = np.random.default_rng(seed)
    # Rounded scores have ties; a few classes may have no example.
    return np.round(spread * random.normal(size=(examples, classes)), 1), random.integers(0, classes, examples)


def found(scores: np.ndarray, target: np.ndarray) -> dict[str, float]:
    tensor = torch.from_numpy(scores)
    return class_metrics(tensor, tensor.argmax(1), torch.from_numpy(target), probabilistic=True)


@settings(max_examples=40, deadline=None)
@given(predictions(2))
def test_two_classes(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    scores, target = drawn
    ours, predicted = found(scores, target), scores.argmax(1)
    assert ours["accuracy"] == pytest.approx(truth.accuracy_score(target, predicted))
    assert ours["precision"] == pytest.approx(truth.precision_score(target, predicted, zero_division=0))
    assert ours["recall"] == pytest.approx(truth.recall_score(target, predicted, zero_division=0))
    assert ours["f1"] == pytest.approx(truth.f1_score(target, predicted, zero_division=0))
    logs = log_softmax(scores, axis=1)
    assert ours["cross_entropy"] == pytest.approx(-logs[np.arange(len(target)), target].mean())
    if logs.min() > -20:  # scikit-learn clips probabilities
        assert ours["cross_entropy"] == pytest.approx(truth.log_loss(target, np.exp(logs), labels=[0, 1]), abs=1e-9)
    if len(set(target)) == 2:
        assert ours["auroc"] == pytest.approx(truth.roc_auc_score(target, scores[:, 1] - scores[:, 0]), abs=1e-6)
    else:
        assert "auroc" not in ours


@settings(max_examples=40, deadline=None)
@given(predictions(4))
def test_several_classes(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    scores, target = drawn
    ours, predicted = found(scores, target), scores.argmax(1)
    keys = {"average": "macro", "zero_division": 0}  # over the classes that are seen or predicted, in both
    assert ours["accuracy"] == pytest.approx(truth.accuracy_score(target, predicted))
    assert ours["precision"] == pytest.approx(truth.precision_score(target, predicted, **keys), abs=1e-6)
    assert ours["recall"] == pytest.approx(truth.recall_score(target, predicted, **keys), abs=1e-6)
    assert ours["f1"] == pytest.approx(truth.f1_score(target, predicted, **keys), abs=1e-6)
    p = torch.from_numpy(scores).softmax(1).numpy()
    if len(set(target)) == 4:
        area = truth.roc_auc_score(target, p, multi_class="ovr", average="macro")
        assert ours["auroc"] == pytest.approx(area, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 3))
def test_real_targets(seed: int, examples: int, outputs: int) -> None:
    random = np.random.default_rng(seed)
    target = random.normal(size=(examples, outputs)) * 10 + 5
    prediction = target + random.normal(size=target.shape)
    ours = error_metrics(torch.from_numpy(prediction), torch.from_numpy(target))
    mse = truth.mean_squared_error(target, prediction)
    assert ours["mse"] == pytest.approx(mse)
    assert ours["rmse"] == pytest.approx(mse**0.5)
    assert ours["mae"] == pytest.approx(truth.mean_absolute_error(target, prediction))
    weighted = truth.r2_score(target, prediction, multioutput="variance_weighted")
    assert ours["r2"] == pytest.approx(weighted)
    assert ours["nmse"] == pytest.approx(1 - weighted)


def test_targets_that_do_not_vary_have_no_r2() -> None:
    ours = error_metrics(torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [3.0]]))
    assert ours["mse"] == pytest.approx(2.5)
    assert "r2" not in ours
    assert "nmse" not in ours


def test_calibration_slope_is_a_logistic_regression_on_the_log_odds() -> None:
    import statsmodels.api as sm

    random = np.random.default_rng(0)
    log_odds = random.normal(size=500)
    target = (random.random(500) < 1 / (1 + np.exp(-(0.4 * log_odds + 0.3)))).astype(int)
    fit = sm.Logit(target, sm.add_constant(log_odds)).fit(disp=0)
    scores = torch.from_numpy(np.column_stack([np.zeros(500), log_odds]))
    assert calibration_slope(scores, torch.from_numpy(target)) == pytest.approx(fit.params[1], rel=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_true_probabilities_have_slope_one_and_sharpened_ones_less(classes: int) -> None:
    generator = torch.Generator().manual_seed(classes)
    scores = torch.randn(20_000, classes, generator=generator, dtype=torch.float64)
    target = scores.softmax(1).multinomial(1, generator=generator)[:, 0]
    assert calibration_slope(scores, target) == pytest.approx(1, abs=0.06)
    assert calibration_slope(4 * scores, target) == pytest.approx(0.25, abs=0.015)


def test_no_slope_where_it_is_not_determined() -> None:
    target = torch.tensor([0, 1, 0, 1])
    assert calibration_slope(torch.zeros(4, 2), target) is None
    shares = torch.tensor([0.2, 0.3, 0.5]).log().expand(6, -1)
    assert calibration_slope(shares, torch.tensor([0, 1, 2, 2, 1, 0])) is None  # the same scores for all examples
    assert calibration_slope(torch.tensor([[1.0, 0], [0, 1], [2, 0], [0, 3]]), target) is None  # separated
    assert calibration_slope(torch.randn(4, 3), target) is None  # a class without examples
