"""The share of the sick among the positive against a table of natural frequencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.contracts.job import NoAnswer
from dlx.job import screening as job
from dlx.job.screening import Screening, bayes

Measure = Callable[..., dict[str, float]]


def screening(**keys: Any) -> Screening:
    standard = {"prevalence": 0.1, "sensitivity": 0.9, "specificity": 0.8, "tests": 1, "patients": 200_000}
    return Screening(**{**standard, **keys})


def test_natural_frequencies(measured: Measure) -> None:
    """Of 1,000 patients 100 are sick, 90 of whom test positive, and 180 of the 900 healthy ones do too."""
    found = measured(screening())
    assert found["posterior_formula"] == pytest.approx(90 / 270)
    assert found["posterior"] == pytest.approx(90 / 270, abs=0.01)
    assert found["positive"] == pytest.approx(0.27, abs=0.005)


def test_the_posterior_of_one_test_is_the_prior_of_the_next(measured: Measure) -> None:
    found = measured(screening(tests=2))
    assert found["posterior_formula"] == pytest.approx(bayes(bayes(0.1, 0.9, 0.2), 0.9, 0.2))
    assert found["posterior"] == pytest.approx(found["posterior_formula"], abs=0.02)


def test_the_count_does_not_come_from_the_formula(monkeypatch: pytest.MonkeyPatch, measured: Measure) -> None:
    monkeypatch.setattr(job, "bayes", lambda *chances: 0.5)
    found = measured(screening())
    assert found["posterior_formula"] == 0.5
    assert found["posterior"] == pytest.approx(1 / 3, abs=0.01)


def test_a_test_that_says_nothing_leaves_the_prior(measured: Measure) -> None:
    found = measured(screening(sensitivity=0.3, specificity=0.7))
    assert found["posterior_formula"] == pytest.approx(0.1)
    assert found["posterior"] == pytest.approx(0.1, abs=0.01)


def test_nobody_is_positive(measured: Measure) -> None:
    rare = {"prevalence": 0.001, "specificity": 0.999, "tests": 9}
    with pytest.raises(NoAnswer, match=r"none of job\.patients=10 has 9 positive tests") as caught:
        measured(screening(**rare, patients=10))
    proposed = int(str(caught.value).rpartition("job.patients=")[2])
    assert measured(screening(**rare, patients=proposed))["positive"] * proposed == pytest.approx(20, abs=20)
