"""Gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from torch import nn

from dlx.nn.cells import GatedGRU
from dlx.nn.recurrent import RecurrentNetwork, Unrolled, fused, set_bias
from dlx.spec import DataSpec, Positive


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Gates that are enabled; a disabled gate is fixed at the value that lets new input through.

    Attributes:
        reset: enable the gate that lets the old state into the candidate; disabled, all of it enters.
        update: enable the gate that mixes the old state with the candidate; disabled, the candidate replaces it.
    """

    reset: bool
    update: bool


class GRU(RecurrentNetwork):
    """A recurrent network whose update gate mixes the old state with a new one (Cho et al. 2014).

    h' = z h + (1 - z) tanh(W x + r (U h + b) + c), the form of torch, which resets the state after the matrix product,
    as the first version of the paper does (arXiv:1406.1078v1); its later version resets it before, U (r h). A linear
    layer maps the last hidden state to the output, or each if the targets are sequences.

    Args:
        depth: number of stacked recurrent layers.
        width: number of units in the hidden state of each layer.
        bidirectional: read the sequence in both directions (Schuster & Paliwal 1997).
        forget_bias: initial bias of the update gate z, which is the fraction of the old state that is kept; above 0 the
            unit remembers from the start. null: as the initializer sets it.
        gates: enabled gates.
        carry_state: with `trainer.truncated_bptt_steps`, start each chunk from the final state of the previous one
            instead of zeros.

    Example:
        dlx train -m model=rnn,gru,lstm
    """

    accepts = ("sequence",)

    def __init__(
        self,
        spec: DataSpec,
        dropout: float,
        truncated_bptt_steps: int | None = None,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        bidirectional: bool,
        forget_bias: float | None,
        gates: Gates,
        carry_state: bool,
    ) -> None:
        assert isinstance(gates, Mapping), "the gate has checked it"
        if forget_bias is not None and not gates["update"]:
            raise ValueError("forget_bias: there is no update gate (gates.update=false); expected null")
        self.gate_names = [part for part in ("reset", "update", "new") if part == "new" or gates[part]]
        if len(self.gate_names) == 3:
            recurrent = fused(nn.GRU, spec.shape[-1], width, depth, bidirectional, dropout)
        else:
            recurrent = Unrolled(GatedGRU(self.gate_names), spec.shape[-1], width, depth, bidirectional, dropout)
        super().__init__(recurrent, spec, dropout, carry_state, truncated_bptt_steps)
        self.forget_bias = forget_bias

    def after_initialization(self) -> None:
        """Set the bias of the update gates."""
        if self.forget_bias is not None:
            set_bias(self.recurrent, self.gate_names, "update", self.forget_bias)
