"""Linear model: one weight layer without activation."""

from __future__ import annotations

from torch import Tensor, nn

from dlx.spec import DataSpec


class Linear(nn.Module):
    """`y = W x + b`: linear regression, or softmax regression if the targets are classes.

    Example:
        dlx train model=linear dataset=diabetes
    """

    accepts = ("vector",)

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.output = nn.Linear(spec.shape[0], spec.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, features) to (batch, outputs)."""
        return self.output(x)
