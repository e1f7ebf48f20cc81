"""Hidden units by layer."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.nn.layers import Hook, hooked
from dlx.nn.weights import is_recurrent
from dlx.spec import Positive

SATURATED = 1e-3  # a derivative below this hardly lets a gradient through
PIECE = 1024  # examples in one forward pass
JOINING = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.MultiheadAttention)  # no function of one unit alone
KNOWN = ("torch.nn.modules.activation", "dlx.activation")


class Activations(Diagnostic):
    """Mean, standard deviation, dead, stuck and saturated units of each activation layer, on the training split.

    Gives for each layer `activation/mean`, `activation/sd`, `activation/dead`: share of units that no example brings
    above 0 (Maas et al. 2013), `activation/zero_gradient`: share of units whose derivative is exactly 0 for every
    example, so that no gradient can move them (a leaky unit may be dead and still move), and
    `activation/saturated`: share of values where the derivative is below 0.001. Channels of a feature map are
    units; its places are counted as further examples. Of a recurrent layer the units are those of its hidden state, and
    its steps are further examples; derivatives are known of a plain one only (tanh or ReLU), not of gates. Costs one
    forward pass on the examples, and the derivative of each activation.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        examples: how many of the training split; null: all of it.

    Example:
        dlx train diagnostics=activations activation=relu
    """

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive] | None) -> None:
        self.every, self.examples = every, examples

    def check(self, network: nn.Module, data: Data) -> None:
        """Refuse a network without hidden units.

        Raises:
            ValueError: names what would fit.
        """
        if not any(is_activation(module) or is_recurrent(module) for module in network.modules()):
            raise ValueError("looks at hidden units, this network has none; try model=mlp")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; the layer is the activation's path."""
        counts: dict[str, UnitCounts] = {}
        channels_first: set[torch.Size] = set()  # (channels, time) of 1-D convolutions; else 3-D is (time, units)

        def note(module: nn.Module, given: tuple[Any, ...], output: Tensor) -> None:
            channels_first.add(output.shape[1:])

        def look(name: str) -> Hook:
            def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
                if is_recurrent(module):
                    states: Tensor = output[0]  # (batch, time, units)
                    counts.setdefault(name, UnitCounts()).add(states, slope_of_state(module, states), 2)
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


class UnitCounts:
    """Sums over all examples of one activation layer."""

    def __init__(self) -> None:
        self.values = 0
        self.sum = self.squares = self.saturated = torch.zeros((), dtype=torch.float64)
        self.active: Tensor | None = None
        self.moving: Tensor | None = None

    def add(self, output: Tensor, derivative: Tensor | None, units: int) -> None:
        """Count outputs and, where they are known, derivatives of equal shape; `units` is the axis of the units."""
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
        """Return what was counted, as means and shares."""
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
    """Tell whether a module is a nonlinearity of single units."""
    return type(module).__module__.startswith(KNOWN) and not isinstance(module, JOINING)


def slope_of_state(layer: nn.Module, states: Tensor) -> Tensor | None:
    """Return the derivative at hidden states that are tanh or ReLU of what came in; None for gated layers."""
    kind = layer.nonlinearity if isinstance(layer, nn.RNN) else None
    if kind == "tanh":
        return 1 - states.square()
    return (states > 0).to(states) if kind == "relu" else None


def slope(activation: nn.Module, x: Tensor) -> Tensor:
    """Return the derivative of an elementwise activation at x."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(activation.forward(x).sum(), x)[0]  # `forward`: past the hooks
