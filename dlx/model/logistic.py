"""Logistic regression."""

from __future__ import annotations

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec


class Logistic(Network):
    """Logistic regression: linear log-odds (Cox 1958); softmax regression for more than two classes.

    Returns the class scores; the objective's cross-entropy turns them into probabilities. For two classes the
    difference of the two scores is the log-odds log p/(1-p).

    Example:
        dlx train model=logistic dataset=digits
    """

    accepts = ("vector",)
    targets = ("class",)

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.output = output_layer(spec.shape[0], spec)
