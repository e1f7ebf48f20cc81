"""The blocks of transformers: attention and a network of each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn

from dlx.nn.attention import Attention, Heads, Score
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.positions import LearnedPositions, NoPositions, SinusoidalPositions, check_length
from dlx.nn.weights import Projection


class Past(NamedTuple):
    """The keys and values of a block of a decoder: of the memory, and of its own earlier steps, if any."""

    memory: Heads
    own: Heads | None = None


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
        y = self._before(x, self.attention_norm)
        x = self._after(x, self.attention(y, y, absent), self.attention_norm)
        return self._behind_attention(x, memory, memory_absent)

    def start(self, memory: Tensor) -> Past:
        """Return what a block of a decoder knows before the first step, for a memory (batch, other time, width)."""
        assert self.memory is not None, "a decoder attends to the states of an encoder"
        return Past(self.memory.read(memory))

    def advance(self, x: Tensor, past: Past, memory_absent: Tensor | None = None) -> tuple[Tensor, Past]:
        """Map the next steps (batch, steps, width) as `forward` maps them behind the earlier ones.

        Keys and values of the earlier steps and of the memory are not computed again.
        """
        y = self._before(x, self.attention_norm)
        own = self.attention.read(y, past.own)
        x = self._after(x, self.attention(y, own), self.attention_norm)
        return self._behind_attention(x, past.memory, memory_absent), Past(past.memory, own)

    def _behind_attention(self, x: Tensor, memory: Tensor | Heads | None, memory_absent: Tensor | None) -> Tensor:
        if self.memory is not None and self.memory_norm is not None:
            assert memory is not None, "a decoder is given the states of an encoder"
            y = self.memory(self._before(x, self.memory_norm), memory, memory_absent)
            x = self._after(x, y, self.memory_norm)
        if self.feedforward is None or self.feedforward_norm is None:
            return x
        return self._after(x, self.feedforward(self._before(x, self.feedforward_norm)), self.feedforward_norm)

    def _before(self, x: Tensor, norm: nn.Module) -> Tensor:
        return norm(x) if self.norm_first else x

    def _after(self, x: Tensor, y: Tensor, norm: nn.Module) -> Tensor:
        y = self.dropout(y)
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
    """Return the layer that adds positions to embedded steps, given the position of the first step.

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
    return SinusoidalPositions() if positions == "sinusoidal" else NoPositions()
