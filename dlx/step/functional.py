"""The network of one member of many, computed with the member's own tensors."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call


class Functional:
    """Reads as the module itself, parts and methods included, and computes with other tensors.

    An objective that is given this in the place of the module computes the same numbers, also under torch.func's
    vmap and grad. `net.generator(z)` calls a part, `net.decode(z)` a method, `net.latent` reads a plain value.

    Args:
        module: the network.
        tensors: its parameters (and buffers) by name.
        path: of the part or method that a call stands for; "" is the network.
    """

    def __init__(self, module: nn.Module, tensors: Mapping[str, Tensor], path: str = "") -> None:
        self._module, self._tensors, self._path = module, tensors, path

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the part or the method with the member's tensors."""
        tensors = {f"module.{name}": tensor for name, tensor in self._tensors.items()}
        return functional_call(_Door(self._module), tensors, (self._path, given, named))

    def __getattr__(self, name: str) -> Any:
        """Return a part or a method as a `Functional`, and anything else as it is."""
        path = f"{self._path}.{name}".lstrip(".")
        if path in self._tensors:
            return self._tensors[path]
        found = attrgetter(path)(self._module)
        return Functional(self._module, self._tensors, path) if callable(found) else found


class _Door(nn.Module):
    """Calls any part or method of a module from `forward`, the only method that functional_call reaches."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, path: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call what lies at a path."""
        return (attrgetter(path)(self.module) if path else self.module)(*given, **named)
