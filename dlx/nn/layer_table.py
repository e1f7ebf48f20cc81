"""The layers of a network as a table: output shape, parameters and floating-point operations of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from dlx.data.prepared import Split
from dlx.nn.cost import EXAMPLES, counted_pass
from dlx.nn.layers import Hook, first_of, hooked, kind_of


class LayerRow(NamedTuple):
    """A layer of a network.

    Attributes:
        name: its path in the network.
        kind: its class.
        shape: shape of its output for one example; None if the forward pass does not call it.
        weights: shapes of its parameters.
        parameters: number of its parameters.
        trained: number of those that are trained.
        flops: floating-point operations of a forward pass for one example.
        takes: names of the layers whose outputs it is given; for what was computed in between, the layer called before.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
    weights: tuple[tuple[int, ...], ...]
    parameters: int
    trained: int
    flops: int
    takes: tuple[str, ...] = ()


class Calls:
    """Observations of the layers of a network during a forward pass.

    Attributes:
        shapes: shape of the first output of each layer for one example, in the order of the calls.
        takes: names of the layers whose outputs each is given; for what was computed in between, the one called before.
        passing: names of the modules that return what they are given.
    """

    def __init__(self) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.takes: dict[str, tuple[str, ...]] = {}
        self.passing: set[str] = set()
        self._made: list[tuple[Any, str]] = []  # outputs, kept so that no other object gets the place of one; layers

    def hook(self, name: str) -> Hook:
        """Return a forward hook that notes the calls of a module under a name."""

        def note(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            first = first_of(output)
            if given and output is given[0]:
                self.passing.add(name)
                return
            sources = [layer for each in given for tensor, layer in self._made if tensor is each]
            self.takes.setdefault(name, tuple(dict.fromkeys(sources)) or tuple(layer for _, layer in self._made[-1:]))
            self._made.append((output, name))
            if isinstance(first, Tensor):
                self.shapes.setdefault(name, tuple(first.shape[1:]))

        return note


def layer_table(network: nn.Module, part: Split) -> list[LayerRow]:
    """Return the layers of a network in the order in which a forward pass calls them; those that it does not call last.

    A layer is a module without modules inside, or one that torch computes as a whole (recurrent layers, attention).
    Parameters that another module holds itself are a row of that module. A layer that is called several times has the
    shape of its first output and the operations of all calls. Modules that return what they are given are left out.
    The sums over the rows are the number of parameters and `flops_per_example` of the run.

    Args:
        network: the network.
        part: the split from which an example is taken.
    """
    named = {name: module for name, module in network.named_modules() if "parametrizations" not in name.split(".")}
    whole = [name for name, module in named.items() if _is_whole(module)]
    inside = {name for name in named if any(name.startswith(f"{outer}.") for outer in whole)}
    calls = Calls()
    rows = [name for name, module in named.items() if name not in inside and (name in whole or _own(module))]
    with hooked(network, {name: calls.hook(name) for name in rows}):
        counted = counted_pass(network, part).get_flop_counts()
    root = type(network).__name__
    order = {name: number for number, name in enumerate(calls.shapes)}
    found = []
    for name in sorted(
        (name for name in rows if name not in calls.passing), key=lambda name: order.get(name, len(order))
    ):
        module = named[name]
        weights = list(module.parameters()) if name in whole else _own(module)
        flops = sum(counted.get(f"{root}.{name}" if name else root, {}).values()) if name in whole else 0
        found.append(
            LayerRow(
                name or root,
                type(module).__name__.removeprefix("Parametrized"),
                calls.shapes.get(name),
                tuple(tuple(weight.shape) for weight in weights),
                sum(weight.numel() for weight in weights),
                sum(weight.numel() for weight in weights if weight.requires_grad),
                flops // EXAMPLES,
                calls.takes.get(name, ()),
            )
        )
    other = counted_total(counted, root) // EXAMPLES - sum(row.flops for row in found)
    return found + ([LayerRow("outside of layers", "", None, (), 0, 0, other)] if other > 0 else [])


def counted_total(counted: dict[str, dict[Any, int]], root: str) -> int:
    """Return all operations of a counter by module."""
    return sum(counted.get("Global", counted.get(root, {})).values())


def _is_whole(module: nn.Module) -> bool:
    """Return whether a module is one layer: it has no modules inside, or torch computes them together."""
    return not any(True for _ in module.children()) or is_parametrized(module) or kind_of(module) == "attention"


def _own(module: nn.Module) -> Sequence[nn.Parameter]:
    """Return the parameters that a module holds itself."""
    return list(module.parameters(recurse=False))
