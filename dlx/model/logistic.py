"""Logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec


class Logistic(Network):
    """Logistic regression: linear log-odds (Cox 1958); softmax regression for more than two classes.

    For two classes there is one row of weights: the layer `output` returns the log-odds z = log p/(1-p) of the second
    class, and the model returns the class scores (0, z). A penalty or a prior on the weights is then one on the
    log-odds, as in Hastie et al. (2009), 4.4, and in scikit-learn. For more classes it returns a score for each, whose
    softmax gives the probabilities; with `objective.loss=mse` the outputs are regressed on the codes of the classes.

    Example:
        dlx train model=logistic dataset=digits
    """

    accepts = ("vector",)
    targets = ("class",)
    revision = 2  # earlier, two classes had a row of weights each
    revised_for = {"classes": [2], "objective.loss": [None, "cross_entropy", "nll"]}  # noqa: RUF012

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.log_odds = spec.softmax and spec.outputs == 2
        self.output = output_layer(spec.shape[0], replace(spec, outputs=1) if self.log_odds else spec)

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (batch, features) to class scores (batch, classes), or to the outputs that `mse` compares."""
        scores = super().forward(x)
        return F.pad(scores, (1, 0)) if self.log_odds else scores

    def from_earlier(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the weights of an earlier run with two rows, of which the difference is the row of the log-odds."""
        rows = {name: state[name] for name in ("output.weight", "output.bias") if name in state}
        if not self.log_odds or any(len(row) != 2 for row in rows.values()):
            return state
        return {**state, **{name: row[1:] - row[:1] for name, row in rows.items()}}
