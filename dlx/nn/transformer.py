"""The blocks of transformers: attention and a network of each step."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from dlx.nn.attention import Attention, Score
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.positions import LearnedPositions, SinusoidalPositions, check_length
from dlx.nn.weights import Projection


class Block(nn.Module):
    """Self-attention, attention to a memory and a network of a step, each with a norm and a skip connection.

    Args:
        attention: the self-attention.
        feedforward: network of a step; None: none.
        norm: function that returns a normalization of each step.
        norm_first: normalize inputs instead of sums.
        skip: add the input to the output of each part.
        dropout: dropout probability of the outputs of each part.
        memory: the attention to a memory, as in a decoder; None: none.
    """

    def __init__(
        self,
        attention: Attention,
        feedforward: nn.Module | None,
        norm: Callable[[], nn.Module],
        norm_first: bool,
        skip: bool,
        dropout: float,
        memory: Attention | None = None,
    ) -> None:
        super().__init__()
        self.norm_first, self.skip = norm_first, skip
        self.attention, self.attention_norm = attention, norm()
        self.memory, self.memory_norm = memory, norm() if memory else None
        self.feedforward, self.feedforward_norm = feedforward, norm() if feedforward else None
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(
        self,
        x: Tensor,
        absent: Tensor | None = None,
        memory: Tensor | None = None,
        memory_absent: Tensor | None = None,
    ) -> Tensor:
        """Map sequences (batch, time, width) to the same shape.

        Args:
            x: the sequences.
            absent: where they are padded (batch, time), which gets no attention; None: nowhere.
            memory: sequences to which the second attention attends (batch, other time, width).
            memory_absent: where these are padded (batch, other time).
        """
        x = self._part(x, lambda y: self.attention(y, y, absent), self.attention_norm)
        if self.memory is not None and self.memory_norm is not None:
            attend = self.memory
            assert memory is not None, "a decoder is given the states of an encoder"
            x = self._part(x, lambda y: attend(y, memory, memory_absent), self.memory_norm)
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


def added_positions(positions: str, time: int, max_length: int | None, width: int) -> nn.Module:
    """Return the layer that adds positions to embedded steps; the identity if none are added.

    Args:
        positions: `none`, `sinusoidal`, `learned` or `rotary`.
        time: number of steps of the longest sequence.
        max_length: number of learned positions; None: `time`.
        width: number of features of a step.

    Raises:
        ValueError: If there are fewer positions than steps, or positions of another kind; the message names the key.
    """
    if max_length is not None and positions != "learned":
        raise ValueError(f"max_length: positions={positions} fit sequences of any length; expected null")
    if positions == "learned":
        check_length(time, max_length or time)
        return LearnedPositions(max_length or time, width)
    return SinusoidalPositions() if positions == "sinusoidal" else nn.Identity()
