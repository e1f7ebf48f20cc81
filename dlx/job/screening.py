"""Bayes' theorem on simulated patients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np

from dlx.contracts import Metric
from dlx.contracts.job import Job, NoAnswer
from dlx.spec import OpenFraction, Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials

EXPECTED = 20  # patients with positive tests in the number that is proposed; none has them once in 5e8 draws


class Screening(Job):
    """Share of the sick among the patients with a positive test, drawn patient by patient, and by Bayes' theorem.

    Each patient is sick with probability `prevalence`; each test of a sick patient is positive with probability
    `sensitivity`, of a healthy one with probability 1 - `specificity`, independently of the other tests. Reports
    `positive`, the share of all patients whose tests are all positive; `posterior`, the share of the sick among them;
    and `posterior_formula` = P(sick | positive) by Bayes' theorem (Bayes 1763). Model and data of the configuration are
    not used.

    Args:
        prevalence: probability that a patient is sick, the prior.
        sensitivity: probability of a positive test of a sick patient.
        specificity: probability of a negative test of a healthy patient.
        tests: number of tests of each patient.
        patients: number of patients to draw.

    Example:
        dlx train -m job=screening job.prevalence=0.5,0.1,0.01,0.001
    """

    stands_alone = True
    metric_info: ClassVar[Mapping[str, Metric]] = {"posterior": Metric("max")}

    def __init__(
        self,
        *,
        prevalence: Annotated[float, OpenFraction],
        sensitivity: Annotated[float, OpenFraction],
        specificity: Annotated[float, OpenFraction],
        tests: Annotated[int, Positive],
        patients: Annotated[int, Positive],
    ) -> None:
        self.prevalence, self.sensitivity, self.specificity = prevalence, sensitivity, specificity
        self.tests, self.patients = tests, patients

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the counted and the calculated share of the sick among the positive.

        Raises:
            NoAnswer: No patient has only positive tests.
        """
        random = np.random.default_rng(trials.seed("screening"))
        sick = random.random(self.patients) < self.prevalence
        chance = np.where(sick, self.sensitivity, 1 - self.specificity)
        positive = (random.random((self.tests, self.patients)) < chance).all(0)
        if not positive.any():
            share = self.prevalence * self.sensitivity**self.tests
            share += (1 - self.prevalence) * (1 - self.specificity) ** self.tests
            raise NoAnswer(
                f"none of job.patients={self.patients} has {self.tests} positive tests; "
                f"try job.patients={math.ceil(EXPECTED / share)}"
            )
        return {
            "positive": float(positive.mean()),
            "posterior": float(sick[positive].mean()),
            "posterior_formula": bayes(
                self.prevalence, self.sensitivity**self.tests, (1 - self.specificity) ** self.tests
            ),
        }


def bayes(prior: float, likelihood: float, otherwise: float) -> float:
    """Return the posterior of a hypothesis from its prior and the likelihoods of the evidence with and without it."""
    evidence = prior * likelihood + (1 - prior) * otherwise
    return prior * likelihood / evidence
