"""The base class of the networks of dlx: features, followed by an output layer."""

from __future__ import annotations

from torch import Tensor, nn

from dlx.contracts.model import Model
from dlx.spec import DataSpec

POINTWISE: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d}


class Network(Model):
    """Base class of networks that compute `output(features(x))`.

    Transfer learning, probes and class activation maps use `features` and therefore work for every subclass. `trunk`
    refers to all parameters outside the layer `output`; it is not a module. A model without this structure overrides
    `forward`.

    Attributes:
        output: the output layer.
    """

    output: nn.Module

    def features(self, x: Tensor) -> Tensor:
        """Return the inputs of the output layer: (batch, d), (batch, d, height, width) or (batch, time, d)."""
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to outputs: (batch, outputs), or one such vector per position or step."""
        return self.output(self.features(x))


def output_layer(units: int, spec: DataSpec, dimensions: int = 0) -> nn.Module:
    """Return the output layer: linear for vectors and sequences, a convolution with kernel size 1 for maps.

    Args:
        units: number of features at each position.
        spec: specification of the network.
        dimensions: number of spatial axes of a map; used only if the output is a map.
    """
    if spec.form == "map":
        return POINTWISE[dimensions](units, spec.outputs, 1)
    return nn.Linear(units, spec.outputs)


def is_output(name: str) -> bool:
    """Return whether a module or parameter belongs to an output layer, i.e. `output` is a segment of its name."""
    return "output" in name.split(".")
