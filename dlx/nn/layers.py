"""The layers of a network in the order of a forward pass, with hooks that record their inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized
from torch.nn.utils.rnn import PackedSequence

from dlx.nn.network import is_output
from dlx.nn.weights import is_recurrent

Kind = Literal["linear", "convolution", "recurrent", "attention", "embedding", "norm"]
NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]  # arguments: module, positional inputs, output


class Layer(NamedTuple):
    """A layer with parameters.

    Attributes:
        name: its path in the network.
        module: the layer; with weight normalization it is the layer itself, not its parametrization.
        kind: kind of layer.
        part: `output` for an output layer, `trunk` for all others.
    """

    name: str
    module: nn.Module
    kind: Kind
    part: str


class Call(NamedTuple):
    """The inputs and the output of one call of a module.

    Attributes:
        given: positional arguments.
        output: returned value; for a recurrent layer a tuple of all hidden states and the final state.
    """

    given: tuple[Any, ...]
    output: Any

    @property
    def first(self) -> Tensor:
        """Return the output, or the first element if it is a tuple."""
        return first_of(self.output)


def first_of(output: Any) -> Tensor:
    """Return the output of a layer, or the first element if it is a tuple, as a recurrent layer returns.

    For sequences without their padding it is the states of all steps (steps, units).
    """
    first = output[0] if isinstance(output, tuple) else output
    return first.data if isinstance(first, PackedSequence) else first


def layers(network: nn.Module, inputs: Tensor | None = None) -> list[Layer]:
    """Return the layers with parameters in the order of a forward pass.

    Layers that the pass does not call come last.

    Args:
        network: any network.
        inputs: inputs of the forward pass; None: return the layers in the order of registration.
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
    """Return names of parameters in the order in which a forward pass over `inputs` calls their layers."""
    place = {layer.name: number for number, layer in enumerate(layers(network, inputs))}

    def layer_of(name: str) -> str:
        return name.partition(".parametrizations.")[0] if ".parametrizations." in name else name.rpartition(".")[0]

    return sorted(names, key=lambda name: place.get(layer_of(name), len(place)))


def kind_of(module: nn.Module) -> Kind | None:
    """Return the kind of a layer, or None if the module itself has no weights."""
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
    """Register forward hooks on modules of a network inside a `with` block.

    Args:
        network: any network.
        hooks: hooks by name of the module, "" for the network itself; a returned value other than None replaces the
            output of the module.
    """
    modules = dict(network.named_modules())
    with ExitStack() as stack:
        for name, hook in hooks.items():
            stack.callback(modules[name].register_forward_hook(hook).remove)
        yield


@contextmanager
def watched(network: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Call]]:
    """Record calls of modules inside a `with` block.

    It yields a dictionary with the most recent call of each named module, which remains valid after the block.
    """
    seen: dict[str, Call] = {}

    def note(name: str) -> Hook:
        def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            seen[name] = Call(given, output)

        return hook

    with hooked(network, {name: note(name) for name in names}):
        yield seen
