"""The layers of a network in the order of a pass, and what they are given and give in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from dlx.nn.network import is_output
from dlx.nn.weights import is_recurrent

Kind = Literal["linear", "convolution", "recurrent", "attention", "embedding", "norm"]
NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]  # module, what it was given, what it gives


class Layer(NamedTuple):
    """A layer with parameters.

    Attributes:
        name: its path in the network.
        module: itself; with weight normalization the layer, not the module that keeps its matrix.
        kind: what it computes.
        part: `output`, or `trunk` for all others.
    """

    name: str
    module: nn.Module
    kind: Kind
    part: str


class Call(NamedTuple):
    """One call of a module: what it was given and what it gave.

    Attributes:
        given: its positional arguments.
        output: what it returned; a recurrent layer a tuple of all states and the last one.
    """

    given: tuple[Any, ...]
    output: Any

    @property
    def first(self) -> Tensor:
        """The output, or the first one of several."""
        return self.output[0] if isinstance(self.output, tuple) else self.output


def layers(network: nn.Module, inputs: Tensor | None = None) -> list[Layer]:
    """Return the layers with parameters in the order of a pass over `inputs`; without them, of registration.

    A layer that the pass does not reach comes behind all others.
    """
    named = {name: module for name, module in network.named_modules() if "parametrizations" not in name.split(".")}
    found = [
        Layer(name, module, kind, "output" if is_output(name) else "trunk")
        for name, module in named.items()
        if (kind := kind_of(module)) is not None
    ]
    if inputs is None:
        return found
    order: dict[str, int] = {}

    def note(name: str) -> Hook:
        def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            order.setdefault(name, len(order))

        return hook

    training = network.training
    try:
        with hooked(network, {layer.name: note(layer.name) for layer in found}), torch.no_grad():
            network.eval()(inputs)
    finally:
        network.train(training)
    return sorted(found, key=lambda layer: order.get(layer.name, len(order)))


def in_order(names: Iterable[str], network: nn.Module, inputs: Tensor) -> list[str]:
    """Return names of parameters in the order in which a pass over `inputs` meets their layers."""
    place = {layer.name: number for number, layer in enumerate(layers(network, inputs))}

    def layer_of(name: str) -> str:
        return name.partition(".parametrizations.")[0] if ".parametrizations." in name else name.rpartition(".")[0]

    return sorted(names, key=lambda name: place.get(layer_of(name), len(place)))


def kind_of(module: nn.Module) -> Kind | None:
    """Return what a module with parameters of its own computes; None where it has none."""
    own = dict(module.named_parameters(recurse=False))
    size = own["weight"].dim() if "weight" in own else max((parameter.dim() for parameter in own.values()), default=0)
    if isinstance(module, NORMS):
        return "norm"
    if isinstance(module, nn.MultiheadAttention):
        return "attention"
    if isinstance(module, nn.Embedding):
        return "embedding"
    if is_recurrent(module):
        return "recurrent"
    if isinstance(module, nn.modules.conv._ConvNd) or size > 2:
        return "convolution"
    return "linear" if size == 2 or is_parametrized(module) else None


@contextmanager
def hooked(network: nn.Module, hooks: Mapping[str, Hook]) -> Iterator[None]:
    """Call a function whenever a module of the network has computed, inside the block.

    Args:
        network: any network; "" is the network itself.
        hooks: by the module's name; what a hook returns, unless None, takes the place of the module's output.
    """
    modules = dict(network.named_modules())
    with ExitStack() as stack:
        for name, hook in hooks.items():
            stack.callback(modules[name].register_forward_hook(hook).remove)
        yield


@contextmanager
def watched(network: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Call]]:
    """Give a dictionary that holds the last call of each named module so far, inside the block and behind it."""
    seen: dict[str, Call] = {}

    def note(name: str) -> Hook:
        def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            seen[name] = Call(given, output)

        return hook

    with hooked(network, {name: note(name) for name in names}):
        yield seen
