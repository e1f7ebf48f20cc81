"""Recurrent cells that torch does not provide: any activation, and gates that are disabled."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlx.nn.recurrent import Cell, State


class Elman(nn.Module, Cell):
    """One step of a simple recurrent network with any activation."""

    parts = ("hidden",)
    states = 1

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation

    @property
    def nonlinearity(self) -> nn.Module:
        """The activation."""
        return self.activation

    def step(self, from_input: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor) -> State:
        """Return f(W x + U h + b)."""
        return (self.activation(from_input + torch.nn.functional.linear(state[0], weight_hh, bias_hh)),)


class GatedGRU(Cell):
    """One step of a GRU with some of its gates disabled: a disabled reset gate is 1, a disabled update gate 0."""

    states = 1

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts

    def step(self, from_input: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor) -> State:
        """Return the hidden state."""
        (hidden,) = state
        count = len(self.parts)
        x = dict(zip(self.parts, from_input.chunk(count, 1), strict=True))
        h = dict(zip(self.parts, nn.functional.linear(hidden, weight_hh, bias_hh).chunk(count, 1), strict=True))
        again = (x["reset"] + h["reset"]).sigmoid() * h["new"] if "reset" in x else h["new"]
        new = (x["new"] + again).tanh()
        if "update" not in x:
            return (new,)
        kept = (x["update"] + h["update"]).sigmoid()
        return (kept * hidden + (1 - kept) * new,)


class GatedLSTM(Cell):
    """One step of an LSTM with some of its gates disabled: c = f c + i tanh(g), h = o tanh(c); a disabled gate is 1."""

    states = 2

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts

    def step(self, from_input: Tensor, state: State, weight_hh: Tensor, bias_hh: Tensor) -> State:
        """Return the hidden state and the cell state."""
        hidden, cell = state
        values = (from_input + torch.nn.functional.linear(hidden, weight_hh, bias_hh)).chunk(len(self.parts), 1)
        part = dict(zip(self.parts, values, strict=True))
        kept = part["forget"].sigmoid() * cell if "forget" in part else cell
        new = part["cell"].tanh()
        cell = kept + (part["input"].sigmoid() * new if "input" in part else new)
        return (part["output"].sigmoid() * cell.tanh() if "output" in part else cell.tanh()), cell
