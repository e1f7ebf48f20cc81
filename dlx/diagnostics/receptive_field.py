"""What a unit sees of the input."""

from __future__ import annotations

import copy
from typing import Annotated

import torch
from torch import Generator, Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.nn.layers import Call, layers, watched
from dlx.spec import DataSpec, Positive

TAIL = 1 - 0.9545  # of a Gaussian beyond two standard deviations


class ReceptiveField(Diagnostic):
    """Which pixels of an image, or steps of a sequence, the middle unit of each map and the output can see, and do see.

    Gives `receptive_field/theoretical/<layer>`: the extent of what can reach the unit at all, in pixels (the longer
    side) or steps, cut off by the image's border; found by putting "not a number" into one row, column or step after
    the other and looking where it comes out, so any model will do. And `receptive_field/effective/<layer>`: the side
    of a square of as many pixels (how many steps) as have more than 4.55 % of the largest gradient, root mean square
    over the examples (Luo et al. 2016). Layers are those with weights that give maps; `output` is the network's
    output, all of it. Costs a forward pass on height + width (or time) inputs, and a backward pass for each layer.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        examples: over which gradients are averaged, from the training split.

    Example:
        dlx train model=cnn diagnostics=receptive_field trainer.max_epochs=0
    """

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        if spec.input in ("vector", "none"):
            raise ValueError(f"looks at images and sequences; the model is given {spec}; try model=cnn or model=lstm")
        self.every, self.examples = every, examples

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; none where inputs are no real numbers."""
        if not batch.inputs.is_floating_point():
            return {}
        # the CPU's kernels for double precision are plain sums; faster ones would spread "not a number" over tiles
        network, inputs = copy.deepcopy(network).cpu().double(), batch.inputs.cpu().double()
        axes = (2, 3) if inputs.dim() == 4 else (1,)
        result = {}
        for layer, extent in extents(network, inputs, axes).items():
            result[f"receptive_field/theoretical/{layer}"] = torch.tensor(extent)
        for layer, seen in gradients(network, inputs, axes).items():
            places = (seen > TAIL * seen.max()).sum()
            result[f"receptive_field/effective/{layer}"] = places.double() ** (1 / len(axes))
        return result


def middles(network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """Return the middle unit (batch, channels) of every map that a layer with weights gives, and the whole output."""
    weighted = {layer.name: layer.module for layer in layers(network) if layer.kind != "norm" and layer.name}
    with watched(network, weighted) as seen:
        output = network(inputs)
    units = {name: middle(weighted[name], call) for name, call in seen.items()}
    return {**{name: unit for name, unit in units.items() if unit is not None}, "output": output.flatten(1)}


def middle(layer: nn.Module, call: Call) -> Tensor | None:
    """Return the middle unit (batch, channels) of a map; None where the layer gives none."""
    given, output = call
    if not isinstance(output, Tensor) or output.dim() != given[0].dim() or output.dim() < 3:
        return None
    if output.dim() == 4:
        return output[:, :, output.shape[2] // 2, output.shape[3] // 2]
    if isinstance(layer, nn.Conv1d):  # (batch, channels, time); other layers give (batch, time, units)
        return output[:, :, output.shape[2] // 2]
    return output[:, output.shape[1] // 2]


def extents(network: nn.Module, inputs: Tensor, axes: tuple[int, ...]) -> dict[str, int]:
    """Return for each layer the extent of what reaches its middle unit, the longest over the axes."""
    longest: dict[str, int] = {}
    for axis in axes:
        size = inputs.shape[axis]
        marked = inputs[:1].expand(size, *inputs.shape[1:]).clone()
        for place in range(size):
            marked[place].select(axis - 1, place).fill_(torch.nan)
        with torch.no_grad():
            units = middles(network, marked)
        for layer, unit in units.items():
            reached = unit.isnan().any(1).nonzero()
            extent = int(reached[-1] - reached[0] + 1) if len(reached) else 0
            longest[layer] = max(longest.get(layer, 0), extent)
    return longest


def gradients(network: nn.Module, inputs: Tensor, axes: tuple[int, ...]) -> dict[str, Tensor]:
    """Return for each layer the root mean square gradient of its middle unit at each place of the input."""
    inputs = inputs.detach().requires_grad_()
    others = tuple(axis for axis in range(inputs.dim()) if axis not in axes)
    found = {}
    with torch.enable_grad():
        for layer, unit in middles(network, inputs).items():
            if unit.requires_grad:
                mixture = torch.randn(unit.shape[1], generator=Generator().manual_seed(0)).to(unit)  # none cancels out
                (by_input,) = torch.autograd.grad((unit @ mixture).sum(), inputs, retain_graph=True, allow_unused=True)
                if by_input is not None:
                    found[layer] = by_input.square().mean(others).sqrt()
    return found
