"""The table of the layers of a network, and the weights of a small one, as they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dlx.results.escape import markup

if TYPE_CHECKING:
    from dlx.nn.layer_table import LayerRow

FEW = 16  # largest number of parameters that are printed one by one


def layers_table(rows: Sequence[LayerRow], title: str) -> Table:
    """Return the table of the layers with their sums."""
    table = Table(title=markup(title), title_justify="left", show_footer=True)
    trained, whole = sum(row.trained for row in rows), sum(row.parameters for row in rows)
    frozen = f", {whole - trained:,} frozen" if trained < whole else ""
    table.add_column("layer", footer="all", overflow="fold")
    table.add_column("kind")
    table.add_column("output")
    table.add_column("weights", footer=f"{len(rows)} layer{'s' * (len(rows) > 1)}{frozen}")
    table.add_column("parameters", justify="right", footer=f"{whole:,}")
    table.add_column("FLOPs", justify="right", footer=f"{sum(row.flops for row in rows):,}")
    for row in rows:
        shape = "" if row.shape is None else " x ".join(map(str, row.shape)) or "1"
        weights = ", ".join("x".join(map(str, size)) or "1" for size in row.weights)
        cells = [row.name, row.kind, shape, weights]
        table.add_row(*map(markup, cells), f"{row.parameters:,}" if row.parameters else "", f"{row.flops:,}")
    return table


def weights_lines(state: Mapping[Any, Any]) -> list[str]:
    """Return the weights of a network with few parameters, a line for each row of a tensor; [] for a larger one.

    Args:
        state: the weights of a checkpoint by name; what is no tensor of numbers is left out.
    """
    from torch import Tensor

    weights = {
        str(name).removeprefix("network."): each
        for name, each in state.items()
        if isinstance(each, Tensor) and each.is_floating_point()
    }
    if sum(weight.numel() for weight in weights.values()) > FEW:
        return []
    lines = []
    for name, weight in weights.items():
        rows: list[Any] = weight.tolist() if weight.dim() > 1 else [weight.flatten().tolist()]
        for number, row in enumerate(rows):
            index = f"[{number}]" if len(rows) > 1 else ""
            lines.append(f"{name}{index} = {', '.join(f'{value:.6g}' for value in flat(row))}")
    return lines


def flat(row: Any) -> list[float]:
    """Return the numbers of nested lists in order."""
    return [number for each in row for number in flat(each)] if isinstance(row, list) else [row]
