"""Constant prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dlx.nn.network import Network
from dlx.spec import DataSpec


class Constant(Network):
    """The same answer for all inputs: the most frequent class, the frequencies of labels, or the mean of the targets.

    The scores of the classes are the logarithms of their frequencies in the training split, so the cross-entropy is the
    entropy of the classes. Estimated from the training split by counting instead of gradient descent. There is no
    output layer.

    Example:
        dlx train model=constant
    """

    accepts = ("vector", "image", "sequence", "series")
    parts = ()
    answer: Tensor

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.classes, self.labels = spec.target == "class", spec.target == "labels"
        if self.classes and spec.outputs != len(spec.classes):
            raise ValueError("model=constant gives a score for each class; expected objective.codes=one_hot")
        self.register_buffer("answer", torch.zeros(spec.outputs))

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Estimate the answer from targets: classes (examples,), or labels or numbers (examples, outputs)."""
        if self.classes:
            shares = torch.bincount(targets, minlength=len(self.answer)) / len(targets)
            self.answer.copy_(shares.clamp_min(torch.finfo(torch.float32).tiny).log())
        elif self.labels:
            self.answer.copy_(targets.mean(0).clamp(1e-6, 1 - 1e-6).logit())
        else:
            self.answer.copy_(targets.mean(0))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, ...) to (batch, outputs)."""
        return self.answer.to(x).expand(x.shape[0], -1)
