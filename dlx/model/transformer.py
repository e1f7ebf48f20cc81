"""Transformer encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from torch import Tensor, nn

from dlx.nn.attention import Attention, Score
from dlx.nn.network import Network, output_layer
from dlx.nn.padding import padding
from dlx.nn.per_step import PerStep
from dlx.nn.transformer import Block, FeedForward, added_positions, check_heads
from dlx.nn.weights import Projection
from dlx.spec import DataSpec, NonNegative, Positive


class Transformer(Network):
    """Layers of self-attention, each followed by a network on every step by itself (Vaswani et al. 2017).

    A linear layer embeds each step, positions are added, and each layer computes x + Attention(Norm(x)) and then x +
    FeedForward(Norm(x)), or Norm(x + ...) with `norm_first=false`. The group normalization gives Norm, which is layer
    normalization by default and acts on each step by itself; with `none` there is none. A linear layer maps the last
    step, or every step if the targets are sequences, to the output. Symbols of padding get no attention. Dropout
    follows the embedding, each attention, each nonlinearity and each network of a step.

    Args:
        depth: number of layers, each with attention and a network of a step.
        width: number of features of a step, a multiple of `heads`.
        heads: number of heads of each attention.
        feedforward: number of hidden units of the network of a step; 0: no such network.
        gated: multiply the hidden units by a second linear function of the step (Dauphin et al. 2017; Shazeer 2020, eq.
            6).
        positions: `none`; `sinusoidal` or `learned` vectors, added to the embedded steps; `rotary`, rotations of
            queries and keys (Su et al. 2021).
        max_length: number of learned positions; null: the length of the sequences of the dataset.
        attention: scores of the attention, `dot` products or `additive` (Bahdanau, Cho & Bengio 2015).
        attention_scale: divide dot products by the square root of the number of features of a head.
        causal: attend only to a step itself and to steps before it.
        norm_first: normalize the input of each attention and network, and the last output (Xiong et al. 2020); false:
            normalize each sum.
        skip: add the input of each attention and of each network to its output.

    Example:
        dlx train -m model=transformer model.positions=none,rotary dataset=temporal_order
    """

    accepts = ("sequence",)
    gives = ("vector", "sequence")

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        heads: Annotated[int, Positive],
        feedforward: Annotated[int, NonNegative],
        gated: bool,
        positions: Literal["none", "sinusoidal", "learned", "rotary"],
        max_length: Annotated[int, Positive] | None,
        attention: Score,
        attention_scale: bool,
        causal: bool,
        norm_first: bool,
        skip: bool,
    ) -> None:
        super().__init__()
        time, features = spec.shape
        check_heads(width, heads, positions, attention)
        self.attention_heads = heads
        self.every_step, self.symbols = spec.form == "sequence", spec.symbols
        self.embedding = Projection(features, width)
        self.positions = added_positions(positions, time, max_length, width)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

        def norm() -> nn.Module:
            return PerStep(normalization(width, 1))

        def block() -> nn.Module:
            attend = Attention(width, heads, attention, attention_scale, causal, positions == "rotary")
            network = PerStep(FeedForward(width, feedforward, gated, activation, dropout)) if feedforward else None
            return Block(attend, network, norm, norm_first, skip, dropout)

        self.hidden = nn.ModuleList(block() for _ in range(depth))
        self.norm = norm() if norm_first else nn.Identity()
        self.output = output_layer(width, spec)

    def states(self, x: Tensor) -> Tensor:
        """Map sequences (batch, time, features) to the output of the last layer at each step (batch, time, width)."""
        absent = padding(x, self.symbols)
        x = self.dropout(self.positions(self.embedding(x)))
        for block in self.hidden:
            x = block(x, absent)
        return self.norm(x)

    def features(self, x: Tensor) -> Tensor:
        """Return the output of the last layer at the last step (batch, width), or at each (batch, time, width)."""
        states = self.states(x)
        return states if self.every_step else states[:, -1]
