"""Recurrent encoder-decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from dlx.nn.attention import Attention
from dlx.nn.encoder_decoder import EncoderDecoder, Memory, SymbolEmbedding
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import output_layer
from dlx.nn.padding import lengths, padding
from dlx.nn.per_step import PerStep
from dlx.nn.recurrent import fused
from dlx.nn.weights import Projection
from dlx.spec import DataSpec, Positive

CELLS: dict[str, Callable[..., nn.Module]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
Layer = Callable[[int], nn.Module]  # number of inputs -> a hidden layer with `width` units


class Seq2Seq(EncoderDecoder):
    """A recurrent network reads the input, another one writes the answer (Cho et al. 2014; Sutskever et al. 2014).

    The final states of the encoder's layers are the first states of the decoder's: without attention, these vectors of
    fixed size are all that the decoder knows of the input. With attention, it also has a weighted mean of the encoder's
    states for each step (Bahdanau et al. 2015); as in Luong et al. (2015, section 3.1), the weights depend on the
    decoder's state at this step. A hidden layer with the activation of the run reads the state and this mean, and a
    linear layer gives a score for each symbol. Symbols of padding are not read. Choosing this model chooses
    `objective=sequence_to_sequence`.

    Args:
        cell: cells of both networks: `rnn` (tanh), `gru` or `lstm`.
        depth: number of stacked layers of the encoder and of the decoder.
        width: number of units of each layer, and of features of an embedded symbol.
        bidirectional: the encoder reads the input in both directions (Bahdanau et al. 2015, section 3.2); linear layers
            map both to `width` features.
        attention: `none`, or scores by `additive` attention or by scaled `dot` products, see `dlx.nn.attention`.

    Example:
        dlx train -m model=seq2seq model.attention=none,additive,dot dataset=reversal objective=sequence_to_sequence
    """

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        cell: Literal["rnn", "gru", "lstm"],
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        bidirectional: bool,
        attention: Literal["none", "additive", "dot"],
    ) -> None:
        super().__init__()
        self.steps, self.symbols = spec.steps, spec.symbols

        def layer(fan_in: int) -> nn.Module:
            def linear(units: int) -> nn.Module:
                return nn.Linear(fan_in, units)

            return hidden_layer(linear, width, 1, activation, normalization, dropout)

        self.encoder = Encoder(cell, spec.shape[-1], width, depth, bidirectional, dropout)
        attend = None if attention == "none" else Attention(width, 1, attention, True, False, False)
        self.decoder = Decoder(cell, spec, width, depth, dropout, attend, layer)
        self.cross_attention = () if attend is None else ("decoder.attention.probabilities",)

    def encode(self, x: Tensor) -> Memory:
        """Return the states of the last layer at each step, and the final states of all layers."""
        absent = padding(x, self.symbols)
        states, final = self.encoder(x, absent)
        return Memory(states, absent, final)

    def decode(self, memory: Memory, previous: Tensor) -> Tensor:
        """Return scores (batch, steps, symbols), given the symbols before each step; see `EncoderDecoder.decode`."""
        return self.decoder(previous, self.start(memory))[0]

    def start(self, memory: Memory) -> Hidden:
        """Return the final states of the encoder as the state of the decoder."""
        assert memory.final is not None, "a recurrent encoder has final states"
        return Hidden(memory, memory.final)

    def advance(self, state: Hidden, symbols: Tensor) -> tuple[Tensor, Hidden]:
        """Return scores of the next symbols (batch, symbols) and the next state."""
        scores, state = self.decoder(symbols.unsqueeze(1), state)
        return scores[:, 0], state


class Hidden(NamedTuple):
    """The state of the decoder.

    Attributes:
        memory: what the encoder returned.
        hidden: states of the layers (batch, states of a cell · layers, width).
    """

    memory: Memory
    hidden: Tensor


class Encoder(nn.Module):
    """Stacked recurrent layers in one or both directions.

    Args:
        cell: kind of cells.
        features: number of features of a step.
        width: number of units.
        depth: number of layers.
        bidirectional: read the sequence backward as well.
        dropout: dropout probability between the layers.
    """

    def __init__(self, cell: str, features: int, width: int, depth: int, bidirectional: bool, dropout: float) -> None:
        super().__init__()
        self.recurrent = fused(CELLS[cell], features, width, depth, bidirectional, dropout)
        self.joined = Projection(2 * width, width) if bidirectional else nn.Identity()
        self.bridge = Projection(2 * width, width) if bidirectional else nn.Identity()

    def forward(self, x: Tensor, absent: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return states (batch, time, width) and final states (batch, layers, width); see `Hidden.hidden`."""
        if absent is None or x.device.type == "meta":  # lengths on torch's meta device are unknown
            states, final = self.recurrent(x)
        else:
            packed = pack_padded_sequence(x, lengths(absent).cpu(), batch_first=True, enforce_sorted=False)
            states, final = self.recurrent(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        final = torch.cat(final) if isinstance(final, tuple) else final
        if self.recurrent.bidirectional:  # (layers · 2, batch, width) -> (layers, batch, 2 · width)
            final = final.unflatten(0, (-1, 2)).transpose(1, 2).flatten(2)
        return self.joined(states), self.bridge(final.transpose(0, 1))


class Decoder(nn.Module):
    """Stacked recurrent layers over the symbols before each step, attention, a hidden layer and the scores.

    Args:
        cell: kind of cells.
        spec: specification of the network.
        width: number of units.
        depth: number of layers.
        dropout: dropout probability between the layers.
        attention: attention to the states of the encoder; None: none.
        layer: function that returns the hidden layer with a number of inputs.
    """

    def __init__(
        self,
        cell: str,
        spec: DataSpec,
        width: int,
        depth: int,
        dropout: float,
        attention: Attention | None,
        layer: Layer,
    ) -> None:
        super().__init__()
        self.is_lstm = cell == "lstm"
        self.embedding = SymbolEmbedding(spec.outputs, width)
        self.recurrent = fused(CELLS[cell], width, width, depth, False, dropout)
        self.attention = attention
        self.hidden = PerStep(layer(width if attention is None else 2 * width))
        self.output = output_layer(width, spec)

    def forward(self, previous: Tensor, state: Hidden) -> tuple[Tensor, Hidden]:
        """Return scores (batch, steps, symbols) and the next state, for symbols (batch, steps) and a state."""
        memory, hidden = state
        layers = hidden.transpose(0, 1).contiguous()
        read = self.embedding(previous)
        states, final = self.recurrent(read, tuple(layers.chunk(2)) if self.is_lstm else layers)
        final = torch.cat(final) if isinstance(final, tuple) else final
        if self.attention is not None:
            states = torch.cat([states, self.attention(states, memory.states, memory.absent)], 2)
        return self.output(self.hidden(states)), Hidden(memory, final.transpose(0, 1))
