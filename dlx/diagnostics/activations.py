"""Statistics of hidden units by layer."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Picture
from dlx.contracts.diagnostics import Diagnostic, Subject
from dlx.data.prepared import Data
from dlx.nn.layers import Hook, first_of, hooked, watched
from dlx.nn.predict import place_of
from dlx.nn.weights import is_recurrent
from dlx.results.figure import COLORS, new_panels, style
from dlx.spec import Positive

SATURATED = 1e-3  # a unit whose derivative is below this is counted as saturated
MOST_DRAWN = 16  # layers in the picture
PIECE = 1024  # examples in one forward pass
JOINING = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.MultiheadAttention)  # not elementwise
KNOWN = ("torch.nn.modules.activation", "dlx.activation")


class Activations(Diagnostic):
    """Mean, standard deviation, and dead and saturated units of each activation layer, on the training split.

    It reports for each layer: `activation/mean`; `activation/sd`, the standard deviation; `activation/dead`, the share
    of units that are not above 0 for any example (Maas et al. 2013); `activation/zero_gradient`, the share of units
    whose derivative is exactly 0 for every example, so that no gradient reaches their weights (a leaky unit may be dead
    and still learn); and `activation/saturated`, the share of values whose derivative is below 0.001. For a feature map
    the units are its channels, and its positions count as examples. For a recurrent layer the units are those of its
    hidden state, and its steps count as examples; derivatives are reported only for plain layers (tanh or ReLU), not
    for gated ones. The cost is one forward pass on the examples and the derivative of each activation.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: number of training examples to use; null: all.

    Example:
        dlx train diagnostics=activations activation=relu
    """

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive] | None) -> None:
        self.every, self.examples = every, examples

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has hidden units.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if not any(is_activation(module) or is_recurrent(module) for module in network.modules()):
            raise ValueError("looks at hidden units, this network has none; try model=mlp")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, with the path of the activation as the name of the layer."""
        counts: dict[str, UnitCounts] = {}
        channels_first: set[torch.Size] = set()  # (channels, time) of 1-D convolutions; else 3-D is (time, units)

        def note(module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
            channels_first.add(output.shape[1:])

        def look(name: str) -> Hook:
            def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
                if is_recurrent(module):
                    states = first_of(output)  # (batch, time, units), or (steps, units) without padding
                    counts.setdefault(name, UnitCounts()).add(states, slope_of_state(module, states), states.dim() - 1)
                elif isinstance(output, Tensor) and output.shape == given[0].shape:
                    last = output.dim() == 3 and output.shape[1:] not in channels_first
                    axis = output.dim() - 1 if last else 1
                    counts.setdefault(name, UnitCounts()).add(output, slope(module, given[0]), axis)

            return hook

        modules = dict(network.named_modules())
        hooks = {name: look(name) for name, module in modules.items() if is_activation(module) or is_recurrent(module)}
        hooks |= {name: note for name, module in modules.items() if isinstance(module, nn.Conv1d)}
        with hooked(network, hooks), torch.no_grad():
            for piece in batch.inputs.split(PIECE):
                network(piece)
        return {f"activation/{what}/{layer}": x for layer, seen in counts.items() for what, x in seen.shares().items()}

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the values of each activation layer, before and after training."""
        inputs = subject.part.like(place_of(subject.network)).inputs[:PIECE]
        values = {"trained": outputs(subject.network, inputs)}
        if subject.initial is not None:
            values = {"initial weights": outputs(subject.initial, inputs), **values}
        if not values["trained"]:
            raise ValueError("no activation layer is called for these inputs")
        caption = (
            f"How often each value occurs behind each activation, over the units and the {subject.split} examples, "
            "before and after training. A pile at 0 is what ReLU blocks; piles at the two ends of a sigmoid or tanh "
            "are saturated units, which learn slowly; all values at 0 are a dead layer."
        )
        return {"activations": Picture(distributions(values), "Values of the activations", caption)}


def outputs(network: nn.Module, inputs: Tensor) -> dict[str, np.ndarray]:
    """Return all values behind each activation and recurrent layer, by its path."""
    names = [name for name, module in network.named_modules() if is_activation(module) or is_recurrent(module)]
    with watched(network, names) as seen, torch.no_grad():
        network(inputs)
    return {name: seen[name].first.cpu().float().flatten().numpy() for name in names if name in seen}


def distributions(values: dict[str, dict[str, np.ndarray]]) -> Any:
    """Return a figure with a histogram for each layer, for several states of the weights by name."""
    layers = list(values["trained"])[:MOST_DRAWN]
    columns = min(4, len(layers))
    with style():
        figure, axes = new_panels(-(-len(layers) // columns), columns, 2.0, 1.7)
        for own, layer in zip(axes.flat, layers, strict=False):
            both = np.concatenate([found[layer] for found in values.values()])
            edges = np.histogram_bin_edges(both[np.isfinite(both)], 40)
            for color, (state, found) in zip((COLORS[5], COLORS[1])[-len(values) :], values.items(), strict=True):
                own.hist(found[layer], edges, color=color, alpha=0.6, label=state)
            own.set_yscale("log")
            own.set_yticks([])
            own.minorticks_off()
            ends = [float(edges[0]), float(edges[-1])]
            own.set_xticks(ends, [f"{end:.2g}" for end in ends], fontsize=8)
            own.set_title(layer, fontsize=8)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


class UnitCounts:
    """Running sums over the examples of one activation layer."""

    def __init__(self) -> None:
        self.values = 0
        self.sum = self.squares = self.saturated = torch.zeros((), dtype=torch.float64)
        self.active: Tensor | None = None
        self.moving: Tensor | None = None

    def add(self, output: Tensor, derivative: Tensor | None, units: int) -> None:
        """Add the values of a batch.

        Args:
            output: outputs of the activation.
            derivative: derivatives, of the shape of `output`; None if they are not known.
            units: axis of the units.
        """
        axes = [axis for axis in range(output.dim()) if axis != units]
        active = (output > 0).amax(axes)
        self.active = active if self.active is None else self.active | active
        if derivative is not None:
            moving = (derivative != 0).amax(axes)
            self.moving = moving if self.moving is None else self.moving | moving
            self.saturated = self.saturated + (derivative.abs() < SATURATED).sum()
        self.values += output.numel()
        wide = output.double()
        self.sum, self.squares = self.sum + wide.sum(), self.squares + wide.square().sum()

    def shares(self) -> dict[str, Tensor]:
        """Return the statistics of all values added so far."""
        assert self.active is not None
        mean = self.sum / self.values
        found = {
            "mean": mean,
            "sd": (self.squares / self.values - mean.square()).clamp(min=0).sqrt(),
            "dead": 1 - self.active.double().mean(),
        }
        if self.moving is None:
            return found
        return {
            **found,
            "zero_gradient": 1 - self.moving.double().mean(),
            "saturated": self.saturated / self.values,
        }


def is_activation(module: nn.Module) -> bool:
    """Return whether a module is an elementwise activation."""
    return type(module).__module__.startswith(KNOWN) and not isinstance(module, JOINING)


def slope_of_state(layer: nn.Module, states: Tensor) -> Tensor | None:
    """Return the derivative of the activation of a recurrent layer at its hidden states, or None for gated layers."""
    kind = layer.nonlinearity if isinstance(layer, nn.RNN) else None
    if kind == "tanh":
        return 1 - states.square()
    return (states > 0).to(states) if kind == "relu" else None


def slope(activation: nn.Module, x: Tensor) -> Tensor:
    """Return the derivative of an elementwise activation at x."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(activation.forward(x).sum(), x)[0]  # `forward` does not call the hooks
