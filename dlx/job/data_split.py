"""Uncertainty of a test score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch

from dlx.contracts import Metric
from dlx.contracts.job import Job, NoAnswer
from dlx.spec import AtLeastTwo

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly
    from dlx.run.trials import Trials


class DataSplit(Job):
    """Standard deviation of the test accuracy of the configured model over many random splits of the data.

    Reports `accuracy`, the mean over the splits, its standard deviation `sd` (n - 1), `formula` = sqrt(p (1 - p) /
    n_test), the standard deviation of a proportion p of n_test independent examples (Kohavi 1995), and `ratio` = sd
    over formula. Test splits of one finite set overlap and are stratified, so without `redraw` the ratio may be below
    1.

    Args:
        repeats: number of splits; the model is trained once for each.
        redraw: draw new data for each split, from a synthetic dataset; false divides the same examples again.

    Example:
        dlx train -m job=data_split 'dataset.split=[0.8,0.1,0.1],[0.6,0.1,0.3],[0.4,0.1,0.5]'
    """

    metric_info: ClassVar[Mapping[str, Metric]] = {"accuracy": Metric("max")}

    def __init__(self, *, repeats: Annotated[int, AtLeastTwo], redraw: bool) -> None:
        self.repeats, self.redraw = repeats, redraw

    def check(self, assembly: Assembly) -> None:
        """Refuse targets that are not classes."""
        if assembly.data.spec.target != "class":
            raise ValueError(f"data_split needs classes; the data are {assembly.data.spec}; try dataset=breast_cancer")

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return mean and standard deviation of the test accuracy, and the standard deviation by formula.

        Raises:
            NoAnswer: The data are to be redrawn, but the dataset is not synthetic.
        """
        scores: list[torch.Tensor] = []
        stream, former = "data" if self.redraw else "split", None
        for number in range(self.repeats):
            variant = trials.variant({f"streams.{stream}": trials.seed(stream, number) % 2**31})
            test = variant.data.test
            if self.redraw and former is not None and torch.equal(former, test.inputs):
                raise NoAnswer(
                    "job.redraw=true: the dataset has only these examples; leave it out, or try dataset=logistic"
                )
            former = test.inputs
            outputs = trials.outputs(trials.train(variant), test)
            scores.append((outputs.argmax(1) == test.targets).double().mean())
        accuracy = torch.stack(scores)
        p, sd = float(accuracy.mean()), float(accuracy.std())
        formula = (p * (1 - p) / len(test)) ** 0.5
        return {"accuracy": p, "sd": sd, "formula": formula, "ratio": sd / formula if formula else float("nan")}
