"""Transformer encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from torch import Tensor, nn

from dlx.nn.attention import Attention, Score
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network, output_layer
from dlx.nn.padding import padding
from dlx.nn.per_step import PerStep
from dlx.nn.positions import LearnedPositions, SinusoidalPositions, check_length
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
        if max_length is not None and positions != "learned":
            raise ValueError(f"max_length: positions={positions} fit sequences of any length; expected null")
        self.every_step, self.symbols = spec.form == "sequence", spec.symbols
        self.embedding = Projection(features, width)
        self.positions: nn.Module = nn.Identity()
        if positions == "learned":
            check_length(time, max_length or time)
            self.positions = LearnedPositions(max_length or time, width)
        elif positions == "sinusoidal":
            self.positions = SinusoidalPositions()
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


class Block(nn.Module):
    """Attention and a network of a step, each with a norm and a skip connection.

    Args:
        attention: the self-attention.
        feedforward: network of a step; None: none.
        norm: function that returns a normalization of each step.
        norm_first: normalize inputs instead of sums.
        skip: add the input to the output of each part.
        dropout: dropout probability of the outputs of each part.
    """

    def __init__(
        self,
        attention: Attention,
        feedforward: nn.Module | None,
        norm: Callable[[], nn.Module],
        norm_first: bool,
        skip: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.norm_first, self.skip = norm_first, skip
        self.attention, self.attention_norm = attention, norm()
        self.feedforward, self.feedforward_norm = feedforward, norm() if feedforward else None
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, x: Tensor, absent: Tensor | None = None) -> Tensor:
        """Map sequences (batch, time, width) to the same shape, without attention to steps that are `absent`."""
        x = self._part(x, lambda y: self.attention(y, y, absent), self.attention_norm)
        if self.feedforward is None or self.feedforward_norm is None:
            return x
        return self._part(x, self.feedforward, self.feedforward_norm)

    def _part(self, x: Tensor, part: Callable[[Tensor], Tensor], norm: nn.Module) -> Tensor:
        y = self.dropout(part(norm(x) if self.norm_first else x))
        y = x + y if self.skip else y
        return y if self.norm_first else norm(y)


class FeedForward(nn.Module):
    """Two linear layers with a nonlinearity between them, on vectors (batch, width).

    Args:
        width: number of inputs and outputs.
        units: number of hidden units.
        gated: multiply the hidden units by a linear function of the input.
        activation: function that returns the nonlinearity.
        dropout: dropout probability of the hidden units.
    """

    def __init__(
        self, width: int, units: int, gated: bool, activation: Callable[[], nn.Module], dropout: float
    ) -> None:
        super().__init__()

        def without_norm(features: int, dimensions: int) -> nn.Module:
            return nn.Identity()

        self.hidden = hidden_layer(lambda count: nn.Linear(width, count), units, 1, activation, without_norm, dropout)
        self.gate = Projection(width, units) if gated else None
        self.merge = Projection(units, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors of the same shape."""
        hidden = self.hidden(x)
        return self.merge(hidden if self.gate is None else hidden * self.gate(x))


def check_heads(width: int, heads: int, positions: str, attention: Score) -> None:
    """Refuse heads that do not divide the width, and rotary positions that do not fit the heads or the scores.

    Raises:
        ValueError: If they do not fit; the message names the key.
    """
    if width % heads:
        raise ValueError(f"heads: expected a divisor of the width {width}, got {heads}")
    if positions == "rotary" and width // heads % 2:
        raise ValueError(
            f"positions: rotary turns pairs of features; expected an even number in each head, got {width // heads}"
        )
    if positions == "rotary" and attention != "dot":
        raise ValueError("positions: rotary acts on dot products; expected attention=dot")
