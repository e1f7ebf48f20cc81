"""Optimism of a score that was used for selection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from scipy.integrate import quad
from scipy.stats import norm

from dlx.contracts import Metric
from dlx.contracts.job import Job
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly
    from dlx.run.trials import Trials


class TestReuse(Job):
    """Optimism of the validation accuracy of the best of many untrained networks, compared with the test split.

    With shuffled labels no network can be better than chance, so the score of the best one above chance is optimism.
    Reports `val_accuracy` and `test_accuracy` of the selected network, their difference `optimism`, the `mean_accuracy`
    of all on the validation split, and `formula`: the expected optimism of k independent guesses, sqrt(p (1 - p) / n)
    times the mean of the largest of k standard normal numbers, which grows like sqrt(2 log k). Untrained networks are
    not independent guesses, so it is an upper bound. No network is trained.

    Args:
        models: number of networks, which differ in their initial weights.

    Example:
        dlx train -m job=test_reuse job.models=1,10,100 'seed=range(10)'
    """

    __test__ = False  # pytest: no test class
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "val_accuracy": Metric("max", counted=True),
        "test_accuracy": Metric("max", counted=True),
    }
    scored_on: ClassVar[Mapping[str, str]] = {"val_accuracy": "val", "test_accuracy": "test"}

    def __init__(self, *, models: Annotated[int, Positive]) -> None:
        self.models = models

    def check(self, assembly: Assembly) -> None:
        """Refuse targets that are not classes."""
        if assembly.data.spec.target != "class":
            raise ValueError(f"test_reuse needs classes; the data are {assembly.data.spec}; try dataset=breast_cancer")

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the scores of the best network."""
        val, test = trials.data.val, trials.data.test
        scores = []
        for number in range(self.models):
            trials.pause()
            network = trials.network(trials.seed("init", number))
            scores.append(
                [(trials.outputs(network, part).argmax(1) == part.targets).double().mean() for part in (val, test)]
            )
        accuracy = torch.tensor(scores)  # (models, 2)
        best = accuracy[accuracy[:, 0].argmax()]
        p = float(accuracy[:, 0].mean())
        return {
            "val_accuracy": float(best[0]),
            "test_accuracy": float(best[1]),
            "optimism": float(best[0] - best[1]),
            "mean_accuracy": p,
            "formula": (p * (1 - p) / len(val)) ** 0.5 * mean_of_largest(self.models),
        }


def mean_of_largest(k: int) -> float:
    """Return the mean of the largest of k standard normal numbers: the integral of x k pdf(x) cdf(x)^(k-1)."""
    return float(quad(lambda x: x * k * norm.pdf(x) * norm.cdf(x) ** (k - 1), -8, 8, limit=200)[0])
