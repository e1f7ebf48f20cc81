"""Long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from torch import nn

from dlx.nn.cells import GatedLSTM
from dlx.nn.recurrent import RecurrentNetwork, Unrolled, fused, set_bias
from dlx.spec import DataSpec, Positive


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Gates that are enabled; a disabled gate is fixed open, as in the ablations of Greff et al. (2017).

    Attributes:
        forget: enable the gate that lets the old cell state through; disabled, nothing is forgotten.
        input: enable the gate that lets new input into the cell; disabled, everything is written.
        output: enable the gate that lets the cell into the hidden state; disabled, everything is shown.
    """

    forget: bool
    input: bool
    output: bool


class LSTM(RecurrentNetwork):
    """A recurrent network whose gates control a cell state (Hochreiter & Schmidhuber 1997).

    The forget gate is that of Gers et al. (2000). A linear layer maps the last hidden state to the output,
    or each if the targets are sequences.

    Args:
        depth: number of stacked recurrent layers.
        width: number of units in the hidden state of each layer.
        bidirectional: read the sequence in both directions as well (Schuster & Paliwal 1997).
        forget_bias: initial bias of the forget gate; above 0 the cell remembers from the start (Jozefowicz et al.
            2015). null: as the initializer sets it.
        gates: enabled gates; a disabled gate is fixed open (Greff et al. 2017).
        carry_state: with `trainer.truncated_bptt_steps`, start each chunk from the final state of the previous one
            instead of zeros.

    Example:
        dlx train model=lstm optim=adam
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
        if forget_bias is not None and not gates["forget"]:
            raise ValueError("forget_bias: there is no forget gate (gates.forget=false); expected null")
        self.gate_names = [part for part in ("input", "forget", "cell", "output") if part == "cell" or gates[part]]
        if len(self.gate_names) == 4:
            recurrent = fused(nn.LSTM, spec.shape[-1], width, depth, bidirectional, dropout)
        else:
            recurrent = Unrolled(GatedLSTM(self.gate_names), spec.shape[-1], width, depth, bidirectional, dropout)
        super().__init__(recurrent, spec, dropout, carry_state, truncated_bptt_steps)
        self.forget_bias = forget_bias

    def after_initialization(self) -> None:
        """Set the bias of the forget gates."""
        if self.forget_bias is not None:
            set_bias(self.recurrent, self.gate_names, "forget", self.forget_bias)
