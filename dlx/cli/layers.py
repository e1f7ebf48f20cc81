"""The table of the layers of a network, and the weights of a small one, as they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dlx.results.escape import markup

if TYPE_CHECKING:
    from torch import Tensor

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


def weights_lines(state: Mapping[str, Tensor], features: Sequence[str] = ()) -> list[str]:
    """Return the weights of a network with few parameters, a line for each tensor; [] for a larger one.

    Args:
        state: the weights by name.
        features: names of the inputs, for a matrix with a column for each.
    """
    if sum(weight.numel() for weight in state.values()) > FEW:
        return []
    lines = []
    for name, weight in state.items():
        rows: list[Any] = weight.tolist() if weight.dim() > 1 else [weight.flatten().tolist()]
        for number, row in enumerate(rows):
            index = f"[{number}]" if len(rows) > 1 else ""
            named = weight.dim() == 2 and len(features) == weight.shape[1]
            heads = [f"{feature} " for feature in features] if named else [""] * len(flat(row))
            values = ", ".join(f"{head}{value:.6g}" for head, value in zip(heads, flat(row), strict=True))
            lines.append(f"{name}{index} = {values}")
    return lines


def flat(row: Any) -> list[float]:
    """Return the numbers of nested lists in order."""
    return [number for each in row for number in flat(each)] if isinstance(row, list) else [row]
