"""Tables with bars of what diagnostics measured layer by layer: gradients, and the values of activations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich.table import Table

from dlx.results.escape import markup

WIDTH = 20  # characters of the longest bar
MOST = 40  # layers in a table
GRADIENT, ACTIVATION = "gradient/norm/", "activation/mean/"
VALUES = ("mean", "sd", "dead", "zero_gradient", "saturated")  # of an activation layer; the last three are shares
SHARES = ("dead", "zero_gradient", "saturated")
HEADS = ("gradient", "activation")  # first segments of the metrics that the tables show


def tables(metrics: Mapping[str, float]) -> list[Table]:
    """Return a table for each of the diagnostics `gradients` and `activations` that a run has measured."""
    layers = [name.removeprefix(GRADIENT) for name in metrics if name.startswith(GRADIENT)]
    units = [name.removeprefix(ACTIVATION) for name in metrics if name.startswith(ACTIVATION)]
    found = [gradients(layers, metrics)] if layers else []
    return found + ([activations(units, metrics)] if units else [])


def gradients(layers: Sequence[str], metrics: Mapping[str, float]) -> Table:
    """Return the norm of the gradient of each layer before and after training, with a bar on a logarithmic scale."""
    before = {layer: metrics.get(f"init/{GRADIENT}{layer}") for layer in layers}
    after = {layer: metrics[f"{GRADIENT}{layer}"] for layer in layers}
    dead = {layer: metrics.get(f"gradient/dead/{layer}") for layer in layers}
    bars = bars_of([*after.values()])
    table = Table(title="Norm of the gradient by layer", title_justify="left", caption_justify="left")
    table.add_column("layer")
    for title in ("at the start", "at the end", "dead units"):
        table.add_column(title, justify="right")
    table.add_column("at the end (log)", no_wrap=True)
    for layer, bar in list(zip(layers, bars, strict=True))[:MOST]:
        table.add_row(markup(layer), said(before[layer]), said(after[layer]), percent(dead[layer]), bar)
    caption = [f"{len(layers) - MOST} more layers in summary.json"] if len(layers) > MOST else []
    if len(layers) > 1:
        caption += [
            f"at the {when}: {flow(norms)}" for when, norms in (("start", before), ("end", after)) if flow(norms)
        ]
    table.caption = markup("\n".join(caption)) or None
    return table


def flow(norms: Mapping[str, float | None]) -> str:
    """Return how the norm changes from the last layer to the first, or "" if it cannot be said."""
    (first, low), *_, (last, high) = norms.items()
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)) or high <= 0:
        return ""
    return f"the norm of {first} is {low / high:.3g} times that of {last}"


def activations(layers: Sequence[str], metrics: Mapping[str, float]) -> Table:
    """Return mean, standard deviation and the shares of dead and saturated units of each activation layer."""
    shown = [what for what in VALUES if any(f"activation/{what}/{layer}" in metrics for layer in layers)]
    table = Table(title="Activations by layer, at the end", title_justify="left")
    table.add_column("layer")
    for what in shown:
        table.add_column(what.replace("_", " "), justify="right")
    for layer in layers[:MOST]:
        values = [metrics.get(f"activation/{what}/{layer}") for what in shown]
        cells = [percent(v) if what in SHARES else said(v) for what, v in zip(shown, values, strict=True)]
        table.add_row(markup(layer), *cells)
    if len(layers) > MOST:
        table.caption = f"{len(layers) - MOST} more layers in summary.json"
    return table


def bars_of(values: Sequence[float]) -> list[str]:
    """Return a bar for each value, on a logarithmic scale from the smallest positive one; none for 0, NaN, infinity."""
    there = [math.log10(value) for value in values if value > 0 and math.isfinite(value)]
    if not there:
        return [""] * len(values)
    low, high = min(there), max(there)

    def length(value: float) -> int:
        return 1 + round((WIDTH - 1) * ((math.log10(value) - low) / (high - low) if high > low else 1))

    return ["█" * length(value) if value > 0 and math.isfinite(value) else "" for value in values]


def said(value: float | None) -> str:
    """Return a number with three significant digits; empty for None."""
    return "" if value is None else f"{value:.3g}"


def percent(share: float | None) -> str:
    """Return a share in percent; empty for None."""
    return "" if share is None else f"{100 * share:.3g} %"
