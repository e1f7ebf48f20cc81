"""Figures of a confusion matrix against their definitions and against theory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from dlx.job import confusion_matrix as job
from dlx.job.confusion_matrix import ConfusionMatrix, figures

Measure = Callable[..., dict[str, float]]


def matrix(**keys: Any) -> ConfusionMatrix:
    return ConfusionMatrix(
        **{"classes": 2, "prevalence": 0.1, "classifier": "threshold", "threshold": 0.0, "examples": 10_000, **keys}
    )


def test_figures_by_hand() -> None:
    assert figures(6, 2, 4, 8) == pytest.approx(
        {"accuracy": 0.7, "precision": 0.75, "recall": 0.6, "specificity": 0.8, "f1": 2 / 3}
    )
    assert figures(0, 0, 5, 5)["precision"] == 0


@pytest.mark.parametrize("prevalence", [0.5, 0.1, 0.01])
def test_always_negative_is_as_accurate_as_the_class_is_rare(prevalence: float, measured: Measure) -> None:
    found = measured(matrix(prevalence=prevalence, classifier="always_negative"))
    assert found["accuracy"] == pytest.approx(1 - prevalence)
    assert found["recall"] == found["f1"] == found["precision"] == 0
    assert found["error"] < 1e-6


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 1.0])
def test_shares_follow_the_normal_distribution(threshold: float, measured: Measure) -> None:
    found = measured(matrix(threshold=threshold, examples=40_000))
    assert found["recall"] == pytest.approx(norm.sf(threshold - 1), abs=0.02)
    assert found["specificity"] == pytest.approx(norm.cdf(threshold + 1), abs=0.01)
    assert found["true_positive"] + found["false_negative"] == pytest.approx(0.1)
    assert found["error"] < 1e-6


def test_a_wrong_figure_is_caught(monkeypatch: pytest.MonkeyPatch, measured: Measure) -> None:
    wrong = {"accuracy": 0.5, "precision": 0.5, "recall": 0.5, "specificity": 0.5, "f1": 0.5}
    monkeypatch.setattr(job, "figures", lambda *counts: wrong)
    assert measured(matrix())["error"] > 0.1


def test_a_class_without_an_example() -> None:
    with pytest.raises(ValueError, match="leaves one class empty"):
        matrix(prevalence=0.01, examples=10)


@pytest.mark.parametrize("classes", [3, 5])
def test_more_than_two_classes(classes: int, measured: Measure) -> None:
    found = measured(matrix(classes=classes, prevalence=0.2, examples=40_000))
    # P(the own score beats k - 1 others): numerically, an integral over the own score.
    x = np.linspace(-8, 8, 4001)
    right = np.trapezoid(norm.pdf(x) * norm.cdf(x + 2) ** (classes - 1), x)
    assert found["accuracy"] == pytest.approx(right, abs=0.01)
    assert found["true_positive"] + found["false_negative"] == pytest.approx(0.2)
    assert found["error"] < 1e-6


def test_more_classes_where_the_rare_one_is_never_named(measured: Measure) -> None:
    found = measured(matrix(classes=3, prevalence=0.5, classifier="always_negative"))
    assert found["accuracy"] == pytest.approx(0.25)
    assert found["recall"] == pytest.approx(1 / 3)
    assert found["error"] < 1e-6


def test_counts_of_one_class_against_the_rest() -> None:
    counts = np.array([[5, 1, 0], [2, 3, 4], [0, 6, 7]])
    assert job.against_the_rest(counts, 1) == (3, 7, 6, 12)
