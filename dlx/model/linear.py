"""Linear model: one weight layer without activation."""

from __future__ import annotations

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec


class Linear(Network):
    """`y = W x + b`: linear regression, or softmax regression if the targets are classes.

    Example:
        dlx train model=linear dataset=diabetes
    """

    accepts = ("vector",)

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.output = output_layer(spec.shape[0], spec)
