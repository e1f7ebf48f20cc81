"""The shape of what each layer gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from dlx.spec import Positive

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


class Shapes:
    """The shape of each layer's output for one example, and how many values it has.

    Gives `shape/<layer>/<axis>` with axes from 0, batch left out (an image: channels, height, width), and
    `shape/<layer>/values`; a layer is a module without parts of its own. Costs one forward pass on one example.

    Args:
        every: epochs between two measurements; the start and the end are always measured.

    Example:
        dlx train diagnostics=shapes model=mlp trainer.max_epochs=0
    """

    examples = 1

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def measure(self, network: nn.Module, inputs: Tensor, targets: Tensor, loss: Loss) -> dict[str, Tensor]:
        """Return scalars by name."""
        shapes: dict[str, torch.Size] = {}

        def look(name: str) -> Callable[..., None]:
            def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
                first = output[0] if isinstance(output, tuple) else output  # a recurrent layer also gives its state
                if isinstance(first, Tensor):
                    shapes[name] = first.shape[1:]

            return hook

        layers = [(name, module) for name, module in network.named_modules() if name and not list(module.children())]
        hooks = [module.register_forward_hook(look(name)) for name, module in layers]
        try:
            with torch.no_grad():
                network(inputs)
        finally:
            for hook in hooks:
                hook.remove()
        result: dict[str, Tensor] = {}
        for name, shape in shapes.items():
            result |= {f"shape/{name}/{axis}": torch.tensor(size) for axis, size in enumerate(shape)}
            result[f"shape/{name}/values"] = torch.tensor(shape.numel())
        return result
