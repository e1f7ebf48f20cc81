"""Receptive fields of units."""

from __future__ import annotations

import copy
from typing import Annotated, Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from dlx.contracts import Batch, Loss, Picture
from dlx.contracts.diagnostics import Diagnostic, Subject
from dlx.data.prepared import Data
from dlx.nn.layers import Call, layers, watched
from dlx.results.figure import COLORS, new_figure, style
from dlx.results.panels import Panel, panels
from dlx.spec import DataSpec, Positive

MOST_DRAWN = 12  # layers in the picture
TAIL = 1 - 0.9545  # probability of a Gaussian beyond two standard deviations


class ReceptiveField(Diagnostic):
    """Theoretical and effective receptive field of the central unit of each feature map, and of the network's output.

    `receptive_field/theoretical/<layer>` is the extent of the inputs that the unit depends on, in pixels (the longer
    side) or steps, within the borders of the image. It is found by setting one row, column or step after another to NaN
    and checking whether the unit becomes NaN, which works for any model. `receptive_field/effective/<layer>` is the
    number of steps whose gradient exceeds 4.55 % of the largest one, or for images the side of a square with that
    number of pixels; gradients are root mean squares over the examples (Luo et al. 2016). The layers are those with
    weights whose output is a map; `output` is the whole output of the network. The cost is a forward pass on height +
    width (or time) inputs, and a backward pass for each layer.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: number of training examples over which gradients are averaged.

    Example:
        dlx train model=cnn diagnostics=receptive_field trainer.max_epochs=0
    """

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        if spec.input in ("vector", "none"):
            raise ValueError(f"looks at images and sequences; the model is given {spec}; try model=cnn or model=lstm")
        self.every, self.examples = every, examples

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, or none if the inputs are not real numbers."""
        if not batch.inputs.is_floating_point():
            return {}
        # kernels for double precision on the CPU are plain sums; faster kernels would spread NaN over tiles
        network, inputs = copy.deepcopy(network).cpu().double(), batch.inputs.cpu().double()
        axes = (2, 3) if inputs.dim() == 4 else (1,)
        result = {}
        for layer, extent in extents(network, inputs, axes).items():
            result[f"receptive_field/theoretical/{layer}"] = torch.tensor(extent)
        for layer, seen in gradients(network, inputs, axes).items():
            places = (seen > TAIL * seen.max()).sum()
            result[f"receptive_field/effective/{layer}"] = places.double() ** (1 / len(axes))
        return result

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of what the central unit of each layer sees."""
        inputs = subject.part.inputs[: self.examples]
        if not inputs.is_floating_point():
            raise ValueError("needs inputs that are real numbers, not symbols")
        network, inputs = copy.deepcopy(subject.network).cpu().double(), inputs.double()
        axes = (2, 3) if inputs.dim() == 4 else (1,)
        extent = extents(network, inputs, axes)
        seen = {layer: found.numpy() for layer, found in gradients(network, inputs, axes).items()}
        if not seen:
            raise ValueError("no layer with weights has a gradient with respect to the inputs")
        unit = "pixels" if len(axes) == 2 else "steps"
        caption = (
            f"How strongly the unit in the middle of each layer's map depends on each of the {unit}, averaged over "
            f"{len(inputs)} examples, and under “output” the whole output. The number is the theoretical extent in "
            f"{unit}; what matters is usually a smaller spot in the middle (Luo et al. 2016)."
        )
        drawing = fields(seen, {layer: f"{layer}: {extent[layer]}" for layer in seen})
        return {"receptive_field": Picture(drawing, "Receptive fields", caption)}


def fields(seen: dict[str, np.ndarray], titles: dict[str, str]) -> Any:
    """Return a figure of the gradient at each pixel (height, width) or step (time,), by layer."""
    layers = list(seen)[-MOST_DRAWN:]
    if seen[layers[0]].ndim == 2:
        line = [Panel(seen[layer] ** 0.5, titles[layer]) for layer in layers]
        return panels([line[begin : begin + 4] for begin in range(0, len(line), 4)], side=1.6)
    with style():
        figure, (own,) = new_figure(width=6.8)
        for number, layer in enumerate(layers):
            values = seen[layer] / max(float(seen[layer].max()), 1e-300)
            own.plot(range(1, len(values) + 1), values, color=COLORS[number % len(COLORS)], label=titles[layer])
        own.set_xlabel("time step")
        own.set_ylabel("gradient / largest")
        own.legend(frameon=False, fontsize=8)
    return figure


def middles(network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """Return the central unit (batch, channels) of the map of every layer with weights, and the whole output."""
    weighted = {layer.name: layer.module for layer in layers(network) if layer.kind != "norm" and layer.name}
    with watched(network, weighted) as seen:
        output = network(inputs)
    units = {name: middle(weighted[name], call) for name, call in seen.items()}
    return {**{name: unit for name, unit in units.items() if unit is not None}, "output": output.flatten(1)}


def middle(layer: nn.Module, call: Call) -> Tensor | None:
    """Return the central unit (batch, channels) of a layer's map, or None if its output is not a map."""
    given, output = call
    if not isinstance(output, Tensor) or output.dim() != given[0].dim() or output.dim() < 3:
        return None
    if output.dim() == 4:
        return output[:, :, output.shape[2] // 2, output.shape[3] // 2]
    if isinstance(layer, nn.Conv1d):  # (batch, channels, time); other layers give (batch, time, units)
        return output[:, :, output.shape[2] // 2]
    return output[:, output.shape[1] // 2]


def extents(network: nn.Module, inputs: Tensor, axes: tuple[int, ...]) -> dict[str, int]:
    """Return the extent of the inputs that the central unit of each layer depends on, the largest over the axes."""
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
    """Return the root mean square gradient of the central unit of each layer at each position of the input."""
    inputs = inputs.detach().requires_grad_()
    others = tuple(axis for axis in range(inputs.dim()) if axis not in axes)
    found = {}
    with torch.enable_grad():
        for layer, unit in middles(network, inputs).items():
            if unit.requires_grad:
                mixture = torch.randn(unit.shape[1], generator=Generator().manual_seed(0)).to(unit)  # so none cancels
                (by_input,) = torch.autograd.grad((unit @ mixture).sum(), inputs, retain_graph=True, allow_unused=True)
                if by_input is not None:
                    found[layer] = by_input.square().mean(others).sqrt()
    return found
