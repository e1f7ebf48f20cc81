"""Gaussian naive Bayes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from dlx.nn.network import Network
from dlx.spec import DataSpec, NonNegative


class NaiveBayes(Network):
    """Bayes' theorem with features that are independent and Gaussian within each class (Hastie et al. 2009, 6.6.3).

    The score of a class is log p(class) + sum of log N(x_i; mean, variance of feature i in the class), so the softmax
    of the scores is the posterior probability. Means, variances and class frequencies are estimated from the training
    split instead of by gradient descent: a generative model. There is no output layer.

    Args:
        var_smoothing: added to all variances, in units of the largest variance of a feature, as in scikit-learn's
            GaussianNB; without it, features that are constant within a class would decide alone.

    Example:
        dlx train -m model=naive_bayes,logistic dataset=breast_cancer dataset.limit=20,100,300
    """

    accepts = ("vector",)
    targets = ("class",)
    parts = ()
    log_share: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(self, spec: DataSpec, *, var_smoothing: Annotated[float, NonNegative]) -> None:
        super().__init__()
        if spec.outputs != len(spec.classes):
            raise ValueError("model=naive_bayes gives a score for each class; expected objective.codes=one_hot")
        self.var_smoothing = var_smoothing
        shape = (spec.outputs, spec.shape[0])
        self.register_buffer("log_share", torch.full(shape[:1], -math.log(shape[0])))
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("variance", torch.ones(shape))

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Estimate class frequencies, means and variances from inputs (examples, features) and classes (examples,)."""
        x = inputs.to(wide(inputs))
        smoothing = self.var_smoothing * x.var(0, correction=0).max()
        for label in range(len(self.log_share)):
            members = x[targets == label]
            self.log_share[label] = math.log(max(len(members), 1e-300) / len(x))
            if len(members):
                self.mean[label] = members.mean(0).to(self.mean)
                self.variance[label] = members.var(0, correction=0).to(self.variance)
        self.variance += smoothing.to(self.variance)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, features) to log p(x, class), (batch, classes)."""
        # In double precision: differences of large sums of squares decide where a variance is small.
        variance = self.variance.to(wide(x))
        distance = (x.to(variance).unsqueeze(1) - self.mean.to(variance)).square() / variance
        joint = self.log_share.to(variance) - (distance + (2 * math.pi * variance).log()).sum(2) / 2
        return joint.to(x.dtype)


def wide(x: Tensor) -> torch.dtype:
    """Return a tensor in the most precise floating-point type of its device."""
    return torch.float32 if x.device.type == "mps" else torch.float64
