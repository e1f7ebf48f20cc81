"""A model made of a `torch.nn.Module` that knows nothing of dlx (dlx/config/plain_options.py makes its class)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from dlx.config.placeholders import AXES, filled
from dlx.config.shared_keys import PlainKeys
from dlx.contracts.model import Model
from dlx.errors import nearest
from dlx.spec import DataSpec


class PlainModule(Model):
    """A model that computes `network(x)` with a module that knows nothing of dlx.

    Attributes:
        constructor: the class of the module, or a function that returns it.
        wired: the values of the run that its arguments are given, by argument.
        said: what the option says of the module.
    """

    constructor: Callable[..., Any]
    wired: ClassVar[Mapping[str, str]] = {}
    said: PlainKeys

    def __init__(self, spec: DataSpec, **values: Any) -> None:
        super().__init__()
        given = {argument: values[name] for argument, name in self.wired.items()}
        for argument, name in self.wired.items():
            if name == "normalization":
                given[argument] = partial(values[name], dimensions=max(1, len(AXES[spec.input])))
        for name in self.wired.values():
            values.pop(name, None)
        given |= {argument: sized(argument, value, spec) for argument, value in values.items()}
        self.spec = spec
        network = built(self.constructor, given)
        if self.said.output_layer is not None:
            self.output = moved_out(network, self.said.output_layer)  # first, so that its weights have this name
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to what the module gives: (batch, outputs), or so at each position or step.

        Raises:
            ValueError: If it gives no such tensor.
        """
        try:
            found = self.network(x)
        except (RuntimeError, ValueError):
            raise
        except Exception as error:  # the module's code can raise any exception
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        return checked(entry(found, self.said.returns), x, self.spec)


class Elsewhere(nn.Module):
    """The place of a layer inside a module, if the layer is registered under another name.

    Args:
        layer: the layer.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.__dict__["layer"] = layer  # not registered here

    def forward(self, *given: Any, **named: Any) -> Any:
        """Return the output of the layer."""
        layer: nn.Module = self.__dict__["layer"]
        return layer(*given, **named)


def sized(argument: str, value: Any, spec: DataSpec) -> Any:
    """Return the value of an argument with the sizes of the data in place of the words for them.

    Raises:
        ValueError: The data have no such size; the message begins with the argument.
    """
    try:
        return filled(value, spec)
    except ValueError as error:
        raise ValueError(f"{argument}: {error}") from error


def built(constructor: Callable[..., Any], given: Mapping[str, Any]) -> nn.Module:
    """Return the module that a constructor makes, on torch's meta device too if its code cannot be executed there.

    Raises:
        ValueError: The constructor raises an exception or returns something else.
    """
    name = constructor.__name__
    try:
        try:
            found = constructor(**given)
        except Exception:
            if torch.get_default_device().type != "meta":
                raise
            with torch.device("cpu"):
                found = constructor(**given)
            found = found.to("meta") if isinstance(found, nn.Module) else found
    except Exception as error:  # the module's code can raise any exception
        raise ValueError(f"{name} raises {type(error).__name__}: {error}") from error
    if not isinstance(found, nn.Module):
        raise ValueError(f"{name} returns {type(found).__name__}; expected a torch.nn.Module")
    return found


def moved_out(network: nn.Module, name: str) -> nn.Module:
    """Return a layer of a module, which is registered no longer there, but is called there as before.

    Raises:
        ValueError: The module has no layer of this name.
    """
    names = [inner for inner, _ in network.named_modules() if inner]
    if name not in names:
        raise ValueError(f"output_layer: the module has no layer {name!r}{nearest(name, names)}")
    layer = network.get_submodule(name)
    parent, _, last = name.rpartition(".")
    network.get_submodule(parent)._modules[last] = Elsewhere(layer)
    return layer


def entry(found: Any, returns: str | int | None) -> Tensor:
    """Return the tensor that an option names among the values that a module returns.

    Raises:
        ValueError: There is none.
    """
    names = list(found) if isinstance(found, Mapping) else list(range(len(found))) if isinstance(found, tuple) else []
    if returns is not None and not isinstance(found, Tensor):
        if returns not in names:
            raise ValueError(f"returns: the module gives no {returns!r}{nearest(str(returns), map(str, names))}")
        found = found[returns]
    if not isinstance(found, Tensor):
        tensors = [name for name in names if isinstance(found[name], Tensor)]
        which = f"; expected returns: {' or '.join(map(str, tensors))} in its YAML file" if tensors else ""
        raise ValueError(f"the module returns {type(found).__name__} instead of a tensor{which}")
    return found


def checked(found: Tensor, x: Tensor, spec: DataSpec) -> Tensor:
    """Return the outputs of a module if they have the shape that the objective needs.

    Raises:
        ValueError: They have another shape.
    """
    shapes = {
        "vector": (len(x), spec.outputs),
        "sequence": (len(x), x.shape[1], spec.outputs) if x.dim() > 1 else (),
    }
    wanted = shapes.get(spec.form)
    if spec.form == "map":
        fits = found.dim() == x.dim() and tuple(found.shape[:2]) == shapes["vector"]
        wanted = (*shapes["vector"], *x.shape[2:])
    else:
        fits = wanted is None or tuple(found.shape) == wanted
    if not fits:
        raise ValueError(f"the module gives outputs of shape {tuple(found.shape)}, expected {wanted}")
    return found
