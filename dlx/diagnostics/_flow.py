"""Pictures of the gradients of the layers: over training, or before and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlx.contracts import Picture
from dlx.results.figure import COLORS, new_figure, style

NORM = "gradient/norm/"
TITLE = "Gradients by layer"
READ = (
    "Where it falls from the last layer to the first, gradients vanish on the way back; where it rises, they explode."
)


def over_training(record: Sequence[Mapping[str, float]]) -> Picture:
    """Return a picture of the recorded norms of each layer (`gradient/norm/<layer>`) over the epochs."""
    layers = list(dict.fromkeys(key for row in record for key in row if key.startswith(NORM)))
    with style():
        figure, (own,) = new_figure(width=6.8)
        for number, layer in enumerate(layers):
            there = [(row["epoch"], row[layer]) for row in record if layer in row]
            own.plot(*zip(*there, strict=True), "o-", markersize=3, color=shade(number, len(layers)), label=name(layer))
        scaled(own, [row[layer] for row in record for layer in layers if layer in row])
        own.set_xlabel("epoch")
        own.set_ylabel("norm of the gradient")
        if len(layers) <= 12:
            own.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    caption = (
        "The norm of the loss's gradient for the weights of each layer during training, on fixed training examples, "
        f"from the first layer (dark) to the last one (bright). Layers with small norms learn slowly. {READ}"
    )
    return Picture(figure, f"{TITLE} over training", caption)


def by_layer(norms: Mapping[str, Mapping[str, float]]) -> Picture:
    """Return a picture of the norm of each layer, for several states of the weights by name."""
    layers = list(dict.fromkeys(layer for found in norms.values() for layer in found))
    with style():
        figure, (own,) = new_figure(width=6.4)
        for color, (state, found) in zip((COLORS[5], COLORS[1]), norms.items(), strict=False):
            own.plot([found.get(layer, np.nan) for layer in layers], "o-", markersize=4, color=color, label=state)
        scaled(own, [value for found in norms.values() for value in found.values()])
        step = max(1, len(layers) // 12)
        own.set_xticks(range(0, len(layers), step), layers[::step], rotation=30, ha="right", fontsize=8)
        own.set_ylabel("norm of the gradient")
        own.legend(frameon=False, fontsize=9)
    caption = (
        "The norm of the loss's gradient for the weights of each layer, from the first to the last, on training "
        f"examples. {READ} Train with diagnostics=gradients to see it over training."
    )
    return Picture(figure, TITLE, caption)


def scaled(own: Any, values: Sequence[float]) -> None:
    """Make the vertical axis logarithmic if all values are positive."""
    if values and min(values) > 0:
        own.set_yscale("log")


def shade(number: int, count: int) -> Any:
    """Return the color of a layer, from dark for the first to bright for the last."""
    from matplotlib import colormaps

    return colormaps["viridis"](0.9 * number / max(count - 1, 1))


def name(column: str) -> str:
    """Return the name of the layer in the name of a metric."""
    return column.removeprefix(NORM)
