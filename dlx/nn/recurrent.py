"""Recurrent layers step by step, for what torch's fused ones cannot do, and the network around either."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec

State = tuple[Tensor, ...]  # (hidden, ...), each (batch, width)


class Cell:
    """The arithmetic of one step; torch's order and meaning of the stacked matrices are kept.

    Attributes:
        parts: what the stacked matrices compute, in order; each has `width` rows.
        states: how many tensors the state has, the hidden state first.
    """

    parts: Sequence[str]
    states: int

    @property
    def nonlinearity(self) -> nn.Module | None:
        """The one activation of a plain cell; gated cells have several: None."""
        return None

    def step(self, from_input: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor) -> State:
        """Return the next state; `from_input` is W x + b of all parts (batch, parts · width)."""
        raise NotImplementedError


class Unrolled(nn.Module):
    """Stacked recurrent layers as a loop over time, with the parameters and the results of torch's nn.RNNBase.

    Args:
        cell: the arithmetic of a step.
        input_size: features of one step.
        hidden_size: units of each layer.
        num_layers: number of stacked layers.
        bidirectional: read backwards as well.
        dropout: between the layers, in training.
    """

    def __init__(
        self, cell: Cell, input_size: int, hidden_size: int, num_layers: int, bidirectional: bool, dropout: float
    ) -> None:
        super().__init__()
        self.cell, self.hidden_size, self.num_layers = cell, hidden_size, num_layers
        self.bidirectional, self.dropout = bidirectional, nn.Dropout(dropout)
        self.ways = ("", "_reverse") if bidirectional else ("",)
        rows, bound = len(cell.parts) * hidden_size, hidden_size**-0.5
        for layer in range(num_layers):
            size = input_size if layer == 0 else hidden_size * len(self.ways)
            for way in self.ways:
                shapes = {"weight_ih": (rows, size), "weight_hh": (rows, hidden_size), "bias_ih": (rows,)}
                for name, shape in {**shapes, "bias_hh": (rows,)}.items():
                    drawn = torch.empty(shape).uniform_(-bound, bound)
                    self.register_parameter(f"{name}_l{layer}{way}", nn.Parameter(drawn))

    @property
    def nonlinearity(self) -> nn.Module | None:
        """The one activation of a plain recurrent layer; gated cells have several: None."""
        return self.cell.nonlinearity

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Map (batch, time, features) to the last layer's states (batch, time, ways · width), and the final state.

        The state is a tuple of tensors (layers · ways, batch, width), as torch's.
        """
        final: list[State] = []
        for layer in range(self.num_layers):
            x = self.dropout(x) if layer else x
            outputs = []
            for way in self.ways:
                number = len(final)
                first = None if state is None else tuple(part[number] for part in state)
                y, last = self._read(x.flip(1) if way else x, f"_l{layer}{way}", first)
                outputs.append(y.flip(1) if way else y)
                final.append(last)
            x = torch.cat(outputs, 2)
        return x, tuple(torch.stack(parts) for parts in zip(*final, strict=True))

    def _read(self, x: Tensor, suffix: str, state: State | None) -> tuple[Tensor, State]:
        own = dict(self.named_parameters(recurse=False))
        weight, bias = own[f"weight_hh{suffix}"], own[f"bias_hh{suffix}"]
        from_input = nn.functional.linear(x, own[f"weight_ih{suffix}"], own[f"bias_ih{suffix}"])
        if state is None:
            state = (x.new_zeros(len(x), self.hidden_size),) * self.cell.states
        states = []
        for now in from_input.unbind(1):
            state = self.cell.step(now, state, weight, bias)
            states.append(state[0])
        return torch.stack(states, 1), state


class RecurrentNetwork(Network):
    """A recurrent layer that reads a sequence, and a linear layer on its last hidden state.

    Args:
        recurrent: maps (batch, time, features) and a state to all hidden states and the final state.
        spec: what the network is built for.
        dropout: of the last hidden state.
        carry_state: what a chunk hands on to the next under truncated backpropagation: its state, or nothing.
        truncated_bptt_steps: length of the chunks; gradients do not cross from one to another. None: no chunks.
    """

    def __init__(
        self,
        recurrent: nn.Module,
        spec: DataSpec,
        dropout: float,
        carry_state: bool,
        truncated_bptt_steps: int | None,
    ) -> None:
        super().__init__()
        if truncated_bptt_steps is not None and recurrent.bidirectional:
            raise ValueError("bidirectional: trainer.truncated_bptt_steps cuts a sequence that is read forwards only")
        self.recurrent, self.carry_state, self.chunk = recurrent, carry_state, truncated_bptt_steps
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        width = int(recurrent.hidden_size)  # type: ignore[arg-type]
        self.output = output_layer(width * (2 if recurrent.bidirectional else 1), spec)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, time, features) to the last hidden state (batch, width, twice where both directions are read)."""
        return self.dropout(self._last(self.states(x)))

    def states(self, x: Tensor) -> Tensor:
        """Return the hidden states of the last layer (batch, time, width, twice where both directions are read)."""
        if self.chunk is None:
            return self.recurrent(x)[0]
        state, found = None, []
        for chunk in x.split(self.chunk, 1):
            states, final = self.recurrent(chunk, state)
            found.append(states)
            if self.carry_state:
                state = tuple(part.detach() for part in final) if isinstance(final, tuple) else final.detach()
        return torch.cat(found, 1)

    def _last(self, states: Tensor) -> Tensor:
        last = states[:, -1]
        if self.recurrent.bidirectional:  # the backward direction has read everything at the first step
            width = int(self.recurrent.hidden_size)  # type: ignore[arg-type]
            last = torch.cat([last[:, :width], states[:, 0, width:]], 1)
        return last


def set_bias(recurrent: nn.Module, parts: Sequence[str], part: str, value: float) -> None:
    """Set the bias of one part of every layer; torch adds two biases: one carries the value, the other is 0."""
    width = int(recurrent.hidden_size)  # type: ignore[arg-type]
    place = list(parts).index(part)
    for name, parameter in recurrent.named_parameters():
        if "bias" in name:
            parameter.data[place * width : (place + 1) * width].fill_(value if "bias_ih" in name else 0.0)


def fused(
    layer: Callable[..., nn.Module], features: int, width: int, depth: int, bidirectional: bool, dropout: float
) -> nn.Module:
    """Return one of torch's recurrent layers; dropout lies between its layers."""
    between = dropout if depth > 1 else 0.0
    return layer(features, width, depth, batch_first=True, bidirectional=bidirectional, dropout=between)
