"""Simple recurrent network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from torch import nn

from dlx.contracts.activation import pieces_of
from dlx.nn.cells import Elman
from dlx.nn.recurrent import RecurrentNetwork, Unrolled, fused
from dlx.spec import DataSpec, Positive

FUSED: dict[type[nn.Module], str] = {nn.Tanh: "tanh", nn.ReLU: "relu"}


class RNN(RecurrentNetwork):
    """A simple recurrent network: h_t = f(W x_t + U h_{t-1} + b) (Elman 1990).

    f is the option of the group activation, tanh by default. A linear layer maps the last hidden state to the output,
    or each if the targets are sequences.

    Args:
        depth: number of stacked recurrent layers.
        width: number of units in the hidden state of each layer.
        bidirectional: read the sequence in both directions (Schuster & Paliwal 1997).
        carry_state: with `trainer.truncated_bptt_steps`, start each chunk from the final state of the previous one
            instead of zeros.

    Example:
        dlx train -m model=rnn activation=tanh,relu initializer.recurrent=identity
    """

    accepts = ("sequence",)

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        dropout: float,
        truncated_bptt_steps: int | None = None,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        bidirectional: bool,
        carry_state: bool,
    ) -> None:
        nonlinearity = activation()
        recurrent: nn.Module
        if type(nonlinearity) in FUSED:
            layer = partial(nn.RNN, nonlinearity=FUSED[type(nonlinearity)])
            recurrent = fused(layer, spec.shape[-1], width, depth, bidirectional, dropout)
        elif pieces_of(nonlinearity) > 1:
            name = type(nonlinearity).__name__.lower()
            raise ValueError(f"activation={name} joins several units, a recurrent state has one; try tanh")
        else:
            recurrent = Unrolled(Elman(nonlinearity), spec.shape[-1], width, depth, bidirectional, dropout)
        super().__init__(recurrent, spec, dropout, carry_state, truncated_bptt_steps)
