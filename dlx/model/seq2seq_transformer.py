"""Transformer with an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.nn.attention import Attention, Score
from dlx.nn.encoder_decoder import EncoderDecoder, Memory, SymbolEmbedding
from dlx.nn.network import output_layer
from dlx.nn.padding import padding
from dlx.nn.per_step import PerStep
from dlx.nn.transformer import Block, FeedForward, Past, added_positions, check_heads
from dlx.nn.weights import Projection
from dlx.spec import DataSpec, NonNegative, Positive


class Seq2SeqTransformer(EncoderDecoder):
    """The transformer as published: an encoder reads the input, a decoder writes the answer (Vaswani et al. 2017).

    The encoder is that of `model=transformer`. Each layer of the decoder has self-attention with a causal mask,
    attention to the outputs of the encoder, and a network of each step. Symbols of padding get no attention. While it
    writes, the decoder keeps the keys and values of all that it has read, so that a step costs one pass of one symbol.
    In training mode (`objective.teacher_forcing` below 1) and with Monte Carlo dropout it reads anew at each step what
    it has written, since what layers such as batch normalization and dropout make of it changes from pass to pass.
    Choosing this model chooses `objective=sequence_to_sequence`.

    Args:
        depth: number of layers of the encoder and of the decoder.
        width: number of features of a step, a multiple of `heads`.
        heads: number of heads of each attention.
        feedforward: number of hidden units of the network of a step; 0: no such network.
        gated: multiply the hidden units by a second linear function of the step (Dauphin et al. 2017).
        positions: `none`; `sinusoidal` or `learned` vectors, added to the embedded steps; `rotary`, rotations of
            queries and keys of self-attention (Su et al. 2021).
        max_length: number of learned positions; null: the length of the longest sequence.
        attention: scores of the attention, `dot` products or `additive` (Bahdanau, Cho & Bengio 2015).
        attention_scale: divide dot products by the square root of the number of features of a head.
        norm_first: normalize the input of each attention and network, and the last output (Xiong et al. 2020); false:
            normalize each sum, as published.
        skip: add the input of each attention and of each network to its output.
        tied: score symbols by their embeddings, of which there is one for inputs and answers if both have the same
            number of symbols (Press & Wolf 2017); embeddings are then multiplied by the square root of `width`.

    Example:
        dlx train model=seq2seq_transformer dataset=reversal dataset.shortest=4 objective=sequence_to_sequence
    """

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
        norm_first: bool,
        skip: bool,
        tied: bool,
    ) -> None:
        super().__init__()
        check_heads(width, heads, positions, attention)
        self.attention_heads = heads
        self.steps, self.symbols = spec.steps, spec.symbols
        time, features = spec.shape

        def norm() -> nn.Module:
            return PerStep(normalization(width, 1))

        def block(decoder: bool) -> nn.Module:
            def attend(causal: bool, rotary: bool) -> Attention:
                return Attention(width, heads, attention, attention_scale, causal, rotary)

            rotary = positions == "rotary"
            network = PerStep(FeedForward(width, feedforward, gated, activation, dropout)) if feedforward else None
            memory = attend(False, False) if decoder else None
            return Block(attend(decoder, rotary), network, norm, norm_first, skip, dropout, memory)

        def stack(embedding: nn.Module, steps: int, output: nn.Module | None = None) -> Stack:
            added = added_positions(positions, steps, max_length, width)
            blocks = [block(output is not None) for _ in range(depth)]
            return Stack(embedding, added, blocks, norm() if norm_first else nn.Identity(), dropout, output)

        written = embedded(spec.outputs, width, tied)
        read: nn.Module = Projection(features, width)
        if spec.symbols:
            read = written if tied and spec.symbols == spec.outputs else embedded(spec.symbols, width, tied)
        scores = Scores(spec.outputs) if tied else output_layer(width, spec)
        self.encoder, self.decoder = stack(read, time), stack(written, spec.steps, scores)
        self.tied = tied
        self.cross_attention = tuple(f"decoder.hidden.{number}.memory.probabilities" for number in range(depth))

    def encode(self, x: Tensor) -> Memory:
        """Return the outputs of the encoder's last layer at each step."""
        absent = padding(x, self.symbols)
        return Memory(self.encoder(x, absent), absent)

    def decode(self, memory: Memory, previous: Tensor) -> Tensor:
        """Return scores (batch, steps, symbols), given the symbols before each step; see `EncoderDecoder.decode`."""
        return self._scores(self.decoder(previous, None, memory.states, memory.absent))

    def start(self, memory: Memory) -> Any:
        """Return what the decoder has read before the first step; in training mode, see `EncoderDecoder.start`."""
        if any(module.training for module in self.decoder.modules()):
            return super().start(memory)
        return self.decoder.start(memory)

    def advance(self, state: Any, symbols: Tensor) -> tuple[Tensor, Any]:
        """Return scores of the next symbols (batch, symbols) and the next state."""
        if not isinstance(state, Cache):
            return super().advance(state, symbols)
        states, state = self.decoder.advance(symbols.unsqueeze(1), state)
        return self._scores(states)[:, 0], state

    def _scores(self, states: Tensor) -> Tensor:
        weight = [self.decoder.embedding.weight] if self.tied else []
        return self.decoder.output(states, *weight)


class Cache(NamedTuple):
    """The keys and values that the blocks of a decoder have read.

    Attributes:
        blocks: what each block has read, by its number.
        absent: where the memory is padded (batch, time); None: nowhere.
    """

    blocks: dict[int, Past]
    absent: Tensor | None


class Stack(nn.Module):
    """Embedding, positions and blocks: an encoder, or a decoder without its output layer.

    Args:
        embedding: maps the inputs of a step to its features.
        positions: adds positions.
        blocks: the blocks.
        norm: normalization of the last output.
        dropout: dropout probability of the embedded steps.
        output: maps the outputs to scores of symbols; it is called by the network. None: none, as in an encoder.
    """

    embedding: nn.Module
    output: nn.Module

    def __init__(
        self,
        embedding: nn.Module,
        positions: nn.Module,
        blocks: list[nn.Module],
        norm: nn.Module,
        dropout: float,
        output: nn.Module | None,
    ) -> None:
        super().__init__()
        self.embedding, self.positions, self.norm = embedding, positions, norm
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.hidden = nn.ModuleList(blocks)
        if output is not None:
            self.output = output

    def forward(
        self,
        x: Tensor,
        absent: Tensor | None,
        memory: Tensor | None = None,
        memory_absent: Tensor | None = None,
    ) -> Tensor:
        """Return the outputs of the last block (batch, time, width); see `Block.forward`."""
        x = self.dropout(self.positions(self.embedding(x)))
        for block in self.hidden:
            x = block(x, absent, memory, memory_absent)
        return self.norm(x)

    def start(self, memory: Memory) -> Cache:
        """Return what the blocks of a decoder know before the first step."""
        blocks: Iterable[Any] = self.hidden
        return Cache({number: block.start(memory.states) for number, block in enumerate(blocks)}, memory.absent)

    def advance(self, x: Tensor, cache: Cache) -> tuple[Tensor, Cache]:
        """Return the outputs of the next steps (batch, steps, width), and what the blocks have read then."""
        own = cache.blocks[0].own
        x = self.dropout(self.positions(self.embedding(x), 0 if own is None else own.keys.shape[2]))
        read: dict[int, Past] = {}
        blocks: Iterable[Any] = self.hidden
        for number, block in enumerate(blocks):
            x, read[number] = block.advance(x, cache.blocks[number], cache.absent)
        return self.norm(x), Cache(read, cache.absent)


class ScaledEmbedding(SymbolEmbedding):
    """Vectors of symbols, multiplied by the square root of their size (Vaswani et al. 2017, section 3.4).

    The vectors are drawn with a standard deviation of 1 / sqrt(size), so that they can score symbols as well.
    """

    def __init__(self, symbols: int, width: int) -> None:
        super().__init__(symbols, width)
        nn.init.normal_(self.weight, std=width**-0.5)

    def forward(self, symbols: Tensor) -> Tensor:
        """Map symbols (...) or probabilities (..., symbols) to vectors (..., features)."""
        return super().forward(symbols) * self.embedding_dim**0.5


class Scores(nn.Module):
    """Scores of symbols by the dot products with their embeddings, and a bias."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(symbols))

    def forward(self, states: Tensor, weight: Tensor) -> Tensor:
        """Return scores (..., symbols) of states (..., width), for embeddings (symbols, width)."""
        return F.linear(states, weight, self.bias)


def embedded(symbols: int, width: int, tied: bool) -> SymbolEmbedding:
    """Return the embedding of a vocabulary."""
    return ScaledEmbedding(symbols, width) if tied else SymbolEmbedding(symbols, width)
