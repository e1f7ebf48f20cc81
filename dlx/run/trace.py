"""One training step by numbers: the forward pass, the backward pass beside finite differences, and the update."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from dlx.assembly.assembly import Assembly
from dlx.assembly.threads import threads
from dlx.contracts import Batch
from dlx.contracts.optimizer import Stepping
from dlx.data.tree import moved
from dlx.errors import ConfigError
from dlx.nn.chain_rule import backward_text, forward_text
from dlx.nn.graph import REARRANGE, Graph, Operation, is_transposed, shown_as, symbols
from dlx.step.functional import Functional
from dlx.step.member import copy_into

SIDE = 4  # rows and columns of a value that are shown, and compared with finite differences
MOST = 300  # operations that can be followed
LINEAR = ("addmm", "mm", "bmm", "convolution", "baddbmm")


@dataclass(frozen=True)
class Quantity:
    """A value of the step.

    Attributes:
        name: its symbol, e.g. `z1`.
        meaning: the name of the parameter, or what it is; "" for an operation.
        formula: how it is computed; "" for inputs and weights.
        value: its value.
        gradient: derivative of the loss by it; None if the loss does not depend on it.
        rule: the chain rule that gives the gradient; "" for the loss.
        differences: finite differences of the loss by the entries that are shown.
        updated: its value after the step of the optimizer; None for all but weights.
        takes: the symbols that its formula contains.
    """

    name: str
    meaning: str
    formula: str
    value: Tensor
    gradient: Tensor | None
    rule: str
    differences: Mapping[tuple[int, ...], float]
    updated: Tensor | None = None
    takes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """One training step of a network.

    Attributes:
        inputs: the inputs of the examples.
        target: the targets as text.
        weights: the parameters.
        operations: the operations of the forward pass in order; the last one is the loss.
        notes: what is left out or differs from a run.
        optimizer: the optimizer with its keys.
    """

    inputs: Quantity
    target: str
    weights: Sequence[Quantity]
    operations: Sequence[Quantity]
    notes: Sequence[str]
    optimizer: str

    @property
    def error(self) -> float:
        """The largest difference between a gradient and its finite difference, relative to the largest gradient."""
        pairs = [
            (float(each.gradient[place]), value)
            for each in (self.inputs, *self.weights, *self.operations)
            for place, value in each.differences.items()
            if each.gradient is not None
        ]
        scale = max((abs(exact) for exact, _ in pairs), default=0.0) or 1.0
        return max((abs(exact - value) for exact, value in pairs), default=0.0) / scale


def trace(assembly: Assembly, network: nn.Module, examples: int) -> Trace:
    """Return one training step of a network on the first training examples, in double precision and evaluation mode.

    The gradient includes the penalties of regularizers. Dropout is off and normalizations use their running statistics,
    as in evaluation mode.

    Args:
        assembly: the checked configuration with its parts.
        network: the network, which is not changed.
        examples: number of examples in the batch.

    Raises:
        ConfigError: The step cannot be followed by numbers.
    """
    phase, step = assembly.objective.phases()[0], assembly.step()
    network = copy.deepcopy(network).double().eval()
    weights = {name: tensor.detach().clone() for name, tensor in network.named_parameters() if phase.takes(name)}
    batch: Batch = moved(assembly.examples.train.batch(slice(examples)), torch.device("cpu"), torch.float64)

    def loss(inputs: Tensor, *tensors: Tensor) -> Tensor:
        named = dict(zip(weights, tensors, strict=True))
        given: Any = Functional(network, named)
        return step.loss(phase, given, named, batch._replace(inputs=inputs), Generator().manual_seed(0)).total

    if not weights:
        raise ConfigError(f"model={assembly.checked.model.option}: has no weights to train; try model=linear")
    with threads(assembly.trainer.threads):
        try:
            graph = Graph.of(loss, [batch.inputs, *weights.values()])
        except (ValueError, RuntimeError, NotImplementedError) as error:
            reason = str(error).partition("\n")[0]
            raise ConfigError(f"model={assembly.checked.model.option}: cannot be traced: {reason}") from None
        if len(graph.operations) > MOST:
            raise ConfigError(
                f"model={assembly.checked.model.option}: its step has {len(graph.operations)} operations, more than "
                f"{MOST} cannot be followed by numbers; choose smaller sizes"
            )
        updated, said = update(assembly, network, graph, weights)
        return described(graph, weights, updated, batch, said, notes(assembly))


def notes(assembly: Assembly) -> list[str]:
    """Return what the trace leaves out."""
    phases = assembly.objective.phases()
    found = [f"the first of {len(phases)} updates of a step: {phases[0].name}"] if len(phases) > 1 else []
    found += ["dropout is off, as in evaluation mode"] if assembly.builder.given["dropout"] else []
    changed = [name for name, each in assembly.recipe.regularizers.items() if each.acts_in("change_batch")]
    return found + ([f"{', '.join(changed)} changes no batch here"] if changed else [])


def update(
    assembly: Assembly, network: nn.Module, graph: Graph, weights: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], str]:
    """Return the weights after the first step of the optimizer, and the optimizer with its keys as text."""
    choice, phase, step = assembly.recipe.optimizer, assembly.objective.phases()[0], assembly.step()
    said = " ".join([f"optimizer={choice.option}", *(f"{key}={value}" for key, value in choice.keys.items() if value)])
    if Stepping.of(choice.cls).steps_by == "solve":
        return {}, f"{said} (computes the weights without gradients; no update is shown)"
    gradients = {name: each.gradient for name, each in zip(weights, graph.arguments[1:], strict=True)}
    present = {name: gradient for name, gradient in gradients.items() if gradient is not None}
    present = step.change_gradients(present, Generator().manual_seed(0))
    parameters = dict(network.named_parameters())
    for name, gradient in present.items():
        parameters[name].grad = gradient.clone()
    made = assembly.recipe.optimizers(phase, network, fused=False)
    total = graph.operations[-1].value
    for optimizer in made.values():
        optimizer.step(lambda: total)  # type: ignore[arg-type,return-value]
    rate = float(next(iter(made.values())).param_groups[0]["lr"])
    with torch.no_grad():
        copy_into(parameters, step.change_weights({name: parameters[name] for name in weights}, rate))
    return {name: parameters[name].detach().clone() for name in weights}, said


def described(
    graph: Graph,
    weights: Mapping[str, Tensor],
    updated: Mapping[str, Tensor],
    batch: Batch,
    optimizer: str,
    remarks: Sequence[str],
) -> Trace:
    """Return the trace of a graph, with a symbol and the chain rule for each value."""
    short = symbols(weights)
    names = {id(each): text for each, text in zip(graph.arguments, ["x", *short.values()], strict=True)}
    shown = [each for each in graph.operations if each.kind not in REARRANGE]
    shown += [] if graph.operations[-1] in shown else [graph.operations[-1]]
    names |= named_operations(shown)
    rules = rules_of(shown, names)

    def quantity(each: Operation, meaning: str = "", after: Tensor | None = None) -> Quantity:
        places = shown_places(each.value) if each.gradient is not None and each is not shown[-1] else []
        texts = [text_of(argument, names) for argument in each.arguments]
        takes = tuple(names[id(base)] for base in taken_by(each) if id(base) in names)
        formula = forward_text(each.kind, texts) if each.kind else ""
        name, rule = names[id(each)], rules.get(id(each), "")
        found = graph.differences(each, places)
        return Quantity(name, meaning, formula, each.value, each.gradient, rule, found, after, takes)

    parameters = [
        quantity(each, name, updated.get(name)) for each, name in zip(graph.arguments[1:], weights, strict=True)
    ]
    operations = [quantity(each) for each in shown]
    target = "" if batch.targets is None else str(batch.targets.tolist() if isinstance(batch.targets, Tensor) else "")
    return Trace(quantity(graph.arguments[0], "inputs"), target, parameters, operations, remarks, optimizer)


def named_operations(shown: Sequence[Operation]) -> dict[int, str]:
    """Return a symbol for each operation: z for a layer, a behind it, v for others, L for the loss."""
    found, layer, behind = {}, 0, 0
    for number, each in enumerate(shown):
        if number == len(shown) - 1:
            found[id(each)] = "L"
        elif each.kind in LINEAR:
            layer, behind = layer + 1, 0
            found[id(each)] = f"z{layer}"
        elif layer:
            behind += 1
            found[id(each)] = f"a{layer}" if behind == 1 else f"a{layer}.{behind}"
        else:
            found[id(each)] = f"v{number + 1}"
    return found


def rules_of(shown: Sequence[Operation], names: Mapping[int, str]) -> dict[int, str]:
    """Return the chain rule of each value: the sum over the operations that take it."""
    terms: dict[int, list[str]] = {}
    for each in shown:
        texts = [text_of(argument, names) for argument in each.arguments]
        for place, argument in enumerate(each.arguments):
            for base in map(shown_as, argument if isinstance(argument, list) else [argument]):
                if isinstance(base, Operation) and id(base) in names:
                    rule = backward_text(each.kind, place, texts, names[id(each)], is_transposed(argument))
                    terms.setdefault(id(base), []).append(rule.replace("∂L/∂L", "1"))
    return {key: " + ".join(rules) for key, rules in terms.items()}


def taken_by(operation: Operation) -> list[Any]:
    """Return the operations and values that an operation takes, also in lists."""
    return [shown_as(each) for given in operation.arguments for each in (given if isinstance(given, list) else [given])]


def text_of(argument: Any, names: Mapping[int, str]) -> str:
    """Return an argument of an operation as text: its symbol with a ᵀ if it is transposed, or a number."""
    base = shown_as(argument)
    if isinstance(base, Operation):
        return names.get(id(base), "target" if not base.kind else base.kind) + "ᵀ" * is_transposed(argument)
    if isinstance(argument, list | tuple):
        return ", ".join(text_of(each, names) for each in argument)
    return f"{argument:.4g}" if isinstance(argument, float) else str(argument)


def shown_places(value: Tensor) -> list[tuple[int, ...]]:
    """Return the entries of a value that are shown: the first ones of each axis."""
    if value.numel() > SIDE**3:
        return list(itertools.islice(itertools.product(*(range(min(size, SIDE)) for size in value.shape)), SIDE**2))
    return list(itertools.product(*(range(min(size, SIDE)) for size in value.shape)))
