"""What the networks of dlx have in common: features, and an output layer on top of them."""

from __future__ import annotations

from torch import Tensor, nn

from dlx.contracts.model import Model
from dlx.spec import DataSpec

POINTWISE: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d}


class Network(Model):
    """`output(features(x))`.

    `trunk`, all but the layer `output`, is no module: transfer, probes and class activation maps take the features of
    any network, whatever it is made of. A model that cannot be written so says it in its docstring and has a `forward`
    of its own.
    """

    output: nn.Module

    def features(self, x: Tensor) -> Tensor:
        """Return what the output layer is given: (batch, d), (batch, d, height, width) or (batch, time, d)."""
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to (batch, outputs), or that at every place or step."""
        return self.output(self.features(x))


def output_layer(units: int, spec: DataSpec, dimensions: int = 0) -> nn.Module:
    """Return the layer from features to the outputs: linear for vectors and steps, a 1 x 1 convolution for maps.

    Args:
        units: features at each place.
        spec: what the network is built for.
        dimensions: axes of a map, for outputs at each of its places.
    """
    if spec.form == "map":
        return POINTWISE[dimensions](units, spec.outputs, 1)
    return nn.Linear(units, spec.outputs)


def is_output(name: str) -> bool:
    """Return whether a module or parameter belongs to an output layer: `output` is a segment of its name."""
    return "output" in name.split(".")
