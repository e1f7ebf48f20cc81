"""Linear model: one weight layer without activation."""

from __future__ import annotations

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec


class Linear(Network):
    """`y = W x + b`: linear regression, or softmax regression if the targets are classes.

    There is a row of weights for each class, also for two, so a prior N(0, sd²) on each weight is N(0, 2 sd²) on the
    log-odds of two classes; `model=logistic` has one row for them.

    Example:
        dlx train model=linear dataset=diabetes
    """

    accepts = ("vector",)

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.output = output_layer(spec.shape[0], spec)
