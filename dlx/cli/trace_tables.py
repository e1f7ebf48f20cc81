"""The tables of `dlx trace`: the values, the gradients and the update, by numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlx.results.escape import plain

if TYPE_CHECKING:
    from rich.table import Table
    from torch import Tensor

    from dlx.assembly.assembly import Assembly
    from dlx.run.trace import Trace

TEXTS = ("is", "chain rule")  # columns that wrap
WIDE = 100  # columns of a terminal in which numbers have four digits instead of three
BESIDE, NUMBER = 26, 12  # characters of a table beside its matrices, and of a number in them
KINK = 1e-4  # a relative difference that rounding does not explain


def print_trace(traced: Trace, assembly: Assembly, examples: int) -> None:
    """Print the step: forward, backward and update."""
    from dlx.console import console

    def say(text: str) -> None:
        console.print(plain(text), highlight=False, markup=False, soft_wrap=True)

    checked = assembly.checked
    many = f"{examples} examples" if examples > 1 else "1 example"
    head = f"model={checked.model.option} dataset={checked.dataset.option} · {many}"
    say(head + (f" · target {traced.target}" if traced.target else ""))
    for note in traced.notes:
        say(f"  {note}")
    console.print(forward_table(traced))
    console.print(backward_table(traced))
    console.print(update_table(traced))
    say(f"loss L = {float(traced.operations[-1].value):.6g}")
    kink = (
        "; at a kink (max(0, z) at 0, equal values under a maximum) there is no derivative"
        if traced.error > KINK
        else ""
    )
    say(
        f"largest difference between the chain rule and finite differences: {traced.error:.1e} of the largest one{kink}"
    )


def table_of(title: str, columns: Sequence[str]) -> Table:
    """Return an empty table."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_lines=True)
    for column in columns:
        table.add_column(column, no_wrap=column not in TEXTS)
    return table


def forward_table(traced: Trace) -> Table:
    """Return the table of the values: inputs, weights, and the operations in the order of the forward pass."""
    from dlx.results.escape import markup

    table = table_of("Forward pass", ("", "is", "shape", "value"))
    for each in (traced.inputs, *traced.weights, *traced.operations):
        table.add_row(each.name, markup(each.meaning or each.formula), shape(each.value), matrix(each.value))
    return table


def backward_table(traced: Trace) -> Table:
    """Return the table of the gradients, from the loss back to the inputs, beside finite differences."""
    from dlx.results.escape import markup

    table = table_of("Backward pass, from the loss back", ("gradient", "chain rule", "value", "finite differences"))
    for each in (*reversed(traced.operations[:-1]), *reversed(traced.weights), traced.inputs):
        if each.gradient is not None:
            numeric = matrix(each.gradient, each.differences, most(2)) if each.differences else ""
            table.add_row(f"∂L/∂{each.name}", markup(each.rule), matrix(each.gradient, most=most(2)), numeric)
    return table


def update_table(traced: Trace) -> Table:
    """Return the table of the weights before and after the step of the optimizer."""
    from dlx.results.escape import markup

    table = table_of(f"Update: {markup(traced.optimizer)}", ("weight", "before", "gradient", "after"))
    for each in traced.weights:
        gradient = "" if each.gradient is None else matrix(each.gradient, most=most(3))
        after = "" if each.updated is None else matrix(each.updated, most=most(3))
        table.add_row(each.name, matrix(each.value, most=most(3)), gradient, after)
    return table


def most(matrices: int) -> int:
    """Return how many columns of each of some matrices fit beside one another in the terminal, 2 at least."""
    from dlx.run.trace import SIDE

    return max(2, min(SIDE, (terminal() - BESIDE) // (NUMBER * matrices)))


def terminal() -> int:
    """Return the number of columns of the terminal."""
    from dlx.console import console

    return console.width


def shape(value: Tensor) -> str:
    """Return the shape of a value as text."""
    return " x ".join(map(str, value.shape)) or "number"


def matrix(value: Tensor, instead: Mapping[tuple[int, ...], float] | None = None, most: int | None = None) -> str:
    """Return a value as aligned rows of numbers, of which the first ones of each axis are shown.

    Args:
        value: a tensor of any shape; more than two axes are shown as rows of the last one.
        instead: numbers to show in the place of its entries; entries that it does not have are left out.
        most: largest number of columns; None: `SIDE`.
    """
    from dlx.run.trace import SIDE

    wide, digits = most or SIDE, 4 if most is None or terminal() >= WIDE else 3
    table = value.reshape(-1, value.shape[-1]) if value.dim() > 1 else value.reshape(1, -1)
    lines = []
    for row in range(min(len(table), SIDE)):
        numbers = []
        for column in range(min(table.shape[1], wide)):
            number = float(table[row, column])
            if instead is not None:
                number = instead.get(index_of(value, row * table.shape[1] + column), float("nan"))
            numbers.append(f"{number: .{digits}g}")
        lines.append(
            "  ".join(f"{each:<{6 + digits}}" for each in numbers).rstrip() + (" …" if table.shape[1] > wide else "")
        )
    return "\n".join(lines + ([" …"] if len(table) > SIDE else []))


def index_of(value: Tensor, flat: int) -> tuple[int, ...]:
    """Return the place of an entry by its number in the flattened tensor."""
    place = []
    for size in reversed(value.shape):
        place.append(flat % size)
        flat //= size
    return tuple(reversed(place))
