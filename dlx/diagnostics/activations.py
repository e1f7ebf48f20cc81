"""Hidden units by layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor, nn

from dlx.spec import Positive

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
SATURATED = 1e-3  # a derivative below this hardly lets a gradient through


class Activations:
    """Mean, standard deviation, share of dead and of saturated units of each activation layer, on a fixed batch.

    A unit is dead when its derivative is exactly 0 for every example; a value is
    saturated when the derivative there is below 0.001. Costs one forward and one backward pass on the batch.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        examples: size of the fixed batch, from the training split.

    Example:
        dlx train diagnostics=activations activation=relu
    """

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        self.every, self.examples = every, examples

    def measure(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss: Loss) -> dict[str, Tensor]:
        """Return scalars by name: `activation/sd/<layer>` and its kin; the layer is the activation's path."""
        seen: dict[str, tuple[Tensor, Tensor]] = {}
        hooks = [
            module.register_forward_hook(lambda _, given, output, name=name: seen.update({name: (given[0], output)}))
            for name, module in network.named_modules()
            if type(module).__module__.endswith(("modules.activation", "dlx.activation"))
        ]
        try:
            with torch.no_grad():
                network(inputs)
        finally:
            for hook in hooks:
                hook.remove()
        modules = dict(network.named_modules())
        result: dict[str, Tensor] = {}
        for layer, (before, after) in seen.items():
            derivative = slope(modules[layer], before)
            result[f"activation/mean/{layer}"] = after.mean()
            result[f"activation/sd/{layer}"] = after.std()
            if derivative is not None:
                result[f"activation/dead/{layer}"] = (derivative == 0).flatten(1).all(0).float().mean()
                result[f"activation/saturated/{layer}"] = (derivative.abs() < SATURATED).float().mean()
        return result


def slope(activation: nn.Module, x: Tensor) -> Tensor | None:
    """Return the derivative of an elementwise activation at x; None where it joins several units."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        y = activation(x)
        return torch.autograd.grad(y.sum(), x)[0] if y.shape == x.shape else None
