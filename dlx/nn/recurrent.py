"""Recurrent layers unrolled in Python, for cells that torch does not provide, and the network around a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec

State = tuple[Tensor, ...]  # (hidden, ...), each (batch, width)


class Cell:
    """A recurrent cell, which computes one step; its stacked weight matrices have the same order as in torch.

    Attributes:
        parts: names of the gates in the stacked matrices, in order; each has `width` rows.
        states: number of tensors in the state; the hidden state is the first.
    """

    parts: Sequence[str]
    states: int

    @property
    def nonlinearity(self) -> nn.Module | None:
        """Return the activation of a plain cell, or None for a gated cell, which has several."""
        return None

    def step(self, from_input: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor) -> State:
        """Return the next state.

        Args:
            from_input: W x + b of all gates (batch, parts · width).
            state: previous state.
            weight_hh: recurrent weights (parts · width, width).
            bias_hh: recurrent biases (parts · width,).
        """
        raise NotImplementedError


class Unrolled(nn.Module):
    """Stacked recurrent layers as a loop over time, with the parameter names and return values of torch's nn.RNNBase.

    Args:
        cell: the recurrent cell.
        input_size: number of features at one step.
        hidden_size: number of units of each layer.
        num_layers: number of stacked layers.
        bidirectional: also read the sequence backward.
        dropout: dropout probability between the layers.
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
        """Return the activation of a plain recurrent layer, or None for a gated cell, which has several."""
        return self.cell.nonlinearity

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the hidden states of the last layer and the final state, as torch's recurrent layers do.

        Args:
            x: sequences (batch, time, features).
            state: initial state; None: zeros.

        Returns:
            Hidden states (batch, time, directions · width), and the state as a tuple of tensors
            (layers · directions, batch, width).
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
    """A recurrent layer followed by a linear layer on its last hidden state, or on each if the targets are sequences.

    Args:
        recurrent: recurrent layer, which maps (batch, time, features) and a state to all hidden states and the final
            state.
        spec: specification of the network.
        dropout: dropout probability of the hidden states that the linear layer reads.
        carry_state: start each chunk from the final state of the previous one, under truncated backpropagation; false:
            start from zeros.
        truncated_bptt_steps: length of the chunks of truncated backpropagation through time; None: backpropagate
            through the whole sequence.

    Raises:
        ValueError: If the layer is bidirectional and the sequence is cut into chunks.
    """

    gives = ("vector", "sequence")

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
        self.every_step = spec.form == "sequence"
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        width = int(recurrent.hidden_size)  # type: ignore[arg-type]
        self.output = output_layer(width * (2 if recurrent.bidirectional else 1), spec)

    def features(self, x: Tensor) -> Tensor:
        """Return the last hidden state (batch, width), or all (batch, time, width), for sequences x.

        The width is doubled if the layer is bidirectional; its last state is then that of each direction.
        """
        states = self.states(x)
        return self.dropout(states if self.every_step else self._last(states))

    def states(self, x: Tensor) -> Tensor:
        """Return the hidden states of the last layer (batch, time, width); the width is doubled if bidirectional."""
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
        if self.recurrent.bidirectional:  # the backward direction ends at the first step
            width = int(self.recurrent.hidden_size)  # type: ignore[arg-type]
            last = torch.cat([last[:, :width], states[:, 0, width:]], 1)
        return last


def set_bias(recurrent: nn.Module, parts: Sequence[str], part: str, value: float) -> None:
    """Set the bias of one gate in every layer. torch adds two biases: one is set to the value, the other to 0.

    Args:
        recurrent: recurrent layer.
        parts: names of its gates, in the order of its stacked matrices.
        part: name of the gate.
        value: the bias.
    """
    width = int(recurrent.hidden_size)  # type: ignore[arg-type]
    place = list(parts).index(part)
    for name, parameter in recurrent.named_parameters():
        if "bias" in name:
            parameter.data[place * width : (place + 1) * width].fill_(value if "bias_ih" in name else 0.0)


def fused(
    layer: Callable[..., nn.Module], features: int, width: int, depth: int, bidirectional: bool, dropout: float
) -> nn.Module:
    """Return one of torch's recurrent layers, with dropout between its stacked layers.

    Args:
        layer: class of the layer, e.g. `nn.LSTM`.
        features: number of features at one step.
        width: number of units of each layer.
        depth: number of stacked layers.
        bidirectional: also read the sequence backward.
        dropout: dropout probability between the layers.
    """
    between = dropout if depth > 1 else 0.0
    return layer(features, width, depth, batch_first=True, bidirectional=bidirectional, dropout=between)
