"""A view of a network that computes with other parameters, for torch.func transforms."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call


class Functional:
    """A view of a module that behaves like it, submodules and methods included, but computes with given tensors.

    An objective computes the same numbers with it as with the module, also under vmap and grad of torch.func.
    `net.generator(z)` calls a submodule, `net.decode(z)` calls a method, `net.latent` returns a plain attribute.

    Args:
        module: the network.
        tensors: parameters (and buffers) by name.
        path: path of the submodule or method that a call refers to; "" is the network.
    """

    def __init__(self, module: nn.Module, tensors: Mapping[str, Tensor], path: str = "") -> None:
        self._module, self._tensors, self._path = module, tensors, path

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the submodule or the method with the given tensors."""
        tensors = {f"module.{name}": tensor for name, tensor in self._tensors.items()}
        return functional_call(_Door(self._module), tensors, (self._path, given, named))

    def __getattr__(self, name: str) -> Any:
        """Return a submodule or method as a `Functional`, a parameter from the given tensors, or a plain attribute."""
        path = f"{self._path}.{name}".lstrip(".")
        if path in self._tensors:
            return self._tensors[path]
        found = attrgetter(path)(self._module)
        return Functional(self._module, self._tensors, path) if callable(found) else found


class _Door(nn.Module):
    """Calls any submodule or method of a module from `forward`, the only method that functional_call supports."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, path: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call the submodule or method at a path."""
        return (attrgetter(path)(self.module) if path else self.module)(*given, **named)
