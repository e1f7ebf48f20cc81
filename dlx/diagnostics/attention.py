"""Attention weights."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Picture
from dlx.contracts.diagnostics import Subject
from dlx.data.prepared import Data
from dlx.diagnostics._drawing import Drawing
from dlx.nn import attention
from dlx.nn.layers import watched
from dlx.nn.predict import place_of
from dlx.results.figure import new_panels, style
from dlx.spec import Positive

MOST = 8  # heads or layers side by side
LONGEST = 24  # steps that are named


class Attention(Drawing):
    """The weights of each attention layer and head for one example, and how evenly they are spread.

    It reports `attention/entropy/<layer>`, the entropy of the weights of a query in shares of its maximum, the
    logarithm of the number of keys: 1 where all keys have equal weights, 0 where one has all. It is a mean over
    queries, heads and examples. The picture has a map for each layer and head: rows are queries, columns are keys. The
    cost is one forward pass on the examples.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: number of training examples over which the entropy is averaged.

    Example:
        dlx train dataset=reversal model=transformer diagnostics=attention
    """

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        self.every, self.examples = every, examples

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has attention layers.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if not any(isinstance(module, attention.Attention) for module in network.modules()):
            raise ValueError("looks at attention, this network has none; try model=transformer")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return the entropy of each layer."""
        result = {}
        for layer, weights in attention_weights(network, batch.inputs).items():
            entropy = torch.special.entr(weights.double()).sum(-1).mean()
            result[f"attention/entropy/{layer}"] = entropy / np.log(max(weights.shape[-1], 2))
        return result

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the weights for the first example of the split."""
        inputs = subject.part.like(place_of(subject.network)).inputs[:1]
        found = attention_weights(subject.network, inputs)
        if not found:
            raise ValueError("the network computes no attention weights for this example")
        words = [str(n) for n in inputs[0].tolist()] if inputs.dim() == 2 and not inputs.is_floating_point() else []
        caption = (
            f"The first {subject.split} example. A row is a query, a column a step that it reads; the darker a cell, "
            "the larger its weight. The weights of a row add up to 1."
        )
        if words:
            caption += f" The input is {' '.join(words)}, in numbers of the symbols."
        drawing = maps({name: weights[0].cpu().float().numpy() for name, weights in found.items()}, words)
        return {"attention": Picture(drawing, "Attention weights", caption)}


def attention_weights(network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """Return the weights (batch, heads, queries, keys) of each attention layer, by its path."""
    names = [name for name, module in network.named_modules() if isinstance(module, attention.Attention)]
    with watched(network, [f"{name}.probabilities" for name in names]) as seen, torch.no_grad():
        network(inputs)
    return {name: seen[place].output for name in names if (place := f"{name}.probabilities") in seen}


def maps(weights: dict[str, np.ndarray], words: list[str]) -> Any:
    """Return a figure with a row for each layer and a map for each head.

    Args:
        weights: weights (heads, queries, keys) by layer.
        words: the steps of the input; empty if they have no names.
    """
    layers = list(weights.items())[:MOST]
    columns = min(max(len(heads) for _, heads in layers), MOST)
    with style():
        figure, axes = new_panels(len(layers), columns, 1.9, 2.0)
        for row, (name, heads) in zip(axes, layers, strict=True):
            row[0].set_ylabel(name, fontsize=9)
            for number, (own, values) in enumerate(zip(row, heads, strict=False)):
                own.imshow(values, cmap="Blues", vmin=0, vmax=max(float(values.max()), 1e-12))
                own.set_title(f"head {number + 1}", fontsize=9)
                if words and values.shape[1] == len(words) <= LONGEST:
                    own.set_xticks(range(len(words)), words, fontsize=7)
                if words and values.shape[0] == len(words) <= LONGEST and number == 0:
                    own.set_yticks(range(len(words)), words, fontsize=7)
    return figure
