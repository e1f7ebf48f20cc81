"""The operations of a scalar function as a graph, with the value and the gradient of each, and finite differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from dlx.nn.cost import without_mkldnn

STEP = 1e-5  # of the central differences, in double precision
# Operations that only rearrange their first argument; they are shown as that argument.
REARRANGE = frozenset(
    ("t", "detach", "alias", "clone", "view", "_unsafe_view", "unsqueeze", "squeeze", "expand", "lift_fresh_copy",
     "getitem", "_to_copy", "transpose", "slice", "permute", "select")
)  # fmt: skip
PARTS = frozenset(("split", "unsafe_split", "split_with_sizes", "unbind", "chunk"))  # they give several values
LETTERS = {"weight": "W", "bias": "b"}
RANDOM = ("rand", "normal", "bernoulli", "multinomial", "dropout", "uniform")


@dataclass
class Operation:
    """An operation of the function, or one of its arguments.

    Attributes:
        node: its node in the graph.
        kind: name of the operation in torch's library (`addmm`, `relu`); "" for an argument.
        arguments: the operations and values that it takes, in order.
        value: its value.
        gradient: derivative of the function by the value; None if it does not depend on it.
    """

    node: fx.Node
    kind: str
    arguments: Sequence[Any]
    value: Tensor
    gradient: Tensor | None = None


@dataclass
class Graph:
    """The operations of a scalar function in the order in which they are computed.

    Attributes:
        module: the function as torch.fx holds it.
        given: its arguments.
        arguments: the operations that stand for the arguments.
        operations: the others; the last one is the value of the function.
    """

    module: fx.GraphModule
    given: Sequence[Tensor]
    arguments: list[Operation] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    @classmethod
    def of(cls, function: Callable[..., Tensor], given: Sequence[Tensor]) -> Graph:
        """Return the graph of a function at given arguments, with all values and gradients.

        Args:
            function: function of the tensors that returns a scalar.
            given: tensors; those of floating point are differentiated.

        Raises:
            ValueError: The function draws random numbers.
        """
        with torch.no_grad(), without_mkldnn():
            module = out_of_place(make_fx(function)(*given))
        module.graph.eliminate_dead_code()
        for node in module.graph.nodes:
            if node.op == "call_function" and any(word in kind_of(node) for word in RANDOM):
                raise ValueError(f"its loss draws random numbers ({kind_of(node)})")
        graph = cls(module, given)
        graph._fill()
        return graph

    def _fill(self) -> None:
        leaves = [each.detach().clone().requires_grad_(each.is_floating_point()) for each in self.given]
        recorder = Recorder(self.module)
        with torch.enable_grad(), without_mkldnn(), torch.backends.cudnn.flags(enabled=False):
            total = recorder.run(*leaves)
            sought = {
                node: value
                for node, value in recorder.values.items()
                if node.op != "output" and isinstance(value, Tensor) and value.requires_grad
            }
            found = torch.autograd.grad(total, list(sought.values()), allow_unused=True) if sought else ()
        gradients = dict(zip(sought, found, strict=True))
        made: dict[fx.Node, Operation] = {}
        for node in self.module.graph.nodes:
            value = recorder.values.get(node)
            if node.op == "output" or not isinstance(value, Tensor):
                continue
            source = (
                node.args[0] if kind_of(node) == "getitem" else node
            )  # the first value of an operation with several
            source = source if isinstance(source, fx.Node) and source not in made else node
            given = [in_graph(each, made) for each in source.args]
            kind = kind_of(source) if node.op == "call_function" else ""
            if source is not node and kind in PARTS:
                kind, given = "part", [given[0], node.args[1]]
            made[node] = Operation(node, kind, given, value.detach(), gradients.get(node))
            if node.op == "placeholder":
                self.arguments.append(made[node])
            elif kind:
                self.operations.append(made[node])

    def differences(self, operation: Operation, places: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], float]:
        """Return central differences (f(v + h) - f(v - h)) / 2h of the function by entries of a value v.

        Args:
            operation: an operation or an argument of the graph.
            places: the entries.
        """
        found = {}
        with torch.no_grad(), without_mkldnn():
            for place in places:
                shift = torch.zeros_like(operation.value)
                shift[place] = STEP
                ends = [float(Shifted(self.module, operation.node, way * shift).run(*self.given)) for way in (1, -1)]
                found[place] = (ends[0] - ends[1]) / (2 * STEP)
        return found


class Recorder(fx.Interpreter):
    """Computes a graph and keeps the value of each node."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module, garbage_collect_values=False)
        self.values: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        """Compute a node."""
        value = super().run_node(n)
        self.values[n] = value
        return value


class Shifted(fx.Interpreter):
    """Computes a graph in which the value of one node is shifted.

    Args:
        module: the graph.
        at: the node.
        by: what is added to its value.
    """

    def __init__(self, module: fx.GraphModule, at: fx.Node, by: Tensor) -> None:
        super().__init__(module)
        self.at, self.by = at, by

    def run_node(self, n: fx.Node) -> Any:
        """Compute a node."""
        value = super().run_node(n)
        return value + self.by if n is self.at else value


def out_of_place(module: fx.GraphModule) -> fx.GraphModule:
    """Replace the operations of a graph that change their argument by those that return a new value.

    The graph refers to what an operation returns, so the values stay the same; a recurrent layer of torch changes the
    values of its gates in place.
    """
    for node in module.graph.nodes:
        name = kind_of(node) if node.op == "call_function" else ""
        if name.endswith("_") and isinstance(node.target, torch._ops.OpOverload):
            same = getattr(torch.ops.aten, name.removesuffix("_"))
            overload = node.target._overloadname
            node.target = getattr(same, overload if overload in same.overloads() else same.overloads()[0])
    module.recompile()
    return module


def in_graph(argument: Any, made: Mapping[fx.Node, Operation]) -> Any:
    """Return an argument of a node with operations in the place of nodes, also in lists."""
    if isinstance(argument, list | tuple):
        return [in_graph(each, made) for each in argument]
    return made.get(argument, argument) if isinstance(argument, fx.Node) else argument


def kind_of(node: fx.Node) -> str:
    """Return the name of the operation of a node, without its library and its overload."""
    name = node.target if isinstance(node.target, str) else node.target.__name__
    return name.partition(".")[0]


def shown_as(operation: Any) -> Any:
    """Return the operation that another one only rearranges, or the operation itself."""
    while isinstance(operation, Operation) and operation.kind in REARRANGE:
        operation = operation.arguments[0]
    return operation


def is_transposed(operation: Any) -> bool:
    """Return whether an odd number of transpositions stands between an operation and what it is shown as."""
    odd = False
    while isinstance(operation, Operation) and operation.kind in REARRANGE:
        odd ^= operation.kind == "t"
        operation = operation.arguments[0]
    return odd


def symbols(names: Iterable[str]) -> dict[str, str]:
    """Return a short symbol for each parameter: W1 and b1 for weight and bias of the first layer, and so on."""
    layers: dict[str, int] = {}
    found = {}
    for name in names:
        layer, _, last = name.rpartition(".")
        number = layers.setdefault(layer, len(layers) + 1)
        found[name] = f"{LETTERS.get(last, f'{last}_')}{number}"
    return found
