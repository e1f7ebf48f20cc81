"""The gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from torch import Tensor, nn

from dlx.nn.recurrent import Cell, RecurrentNetwork, State, Unrolled, fused, set_bias
from dlx.spec import DataSpec, Positive


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Which gates work; one that does not is fixed where it lets the new through.

    Attributes:
        reset: lets the old state into the candidate; without it all of it goes in.
        update: mixes the old state with the candidate; without it the candidate replaces the old state.
    """

    reset: bool
    update: bool


class GRU(RecurrentNetwork):
    """A recurrent network whose update gate mixes the old state with a new one (Cho et al. 2014).

    h' = z h + (1 - z) tanh(W x + r (U h + b) + c), as torch and Chung et al. (2014) have it. A linear layer maps the
    last hidden state to the output.

    Args:
        depth: number of stacked recurrent layers.
        width: units of the hidden state of each layer.
        bidirectional: read the sequence in both directions (Schuster & Paliwal 1997).
        forget_bias: bias of the update gate z at the start, the share of the old state that is kept; above 0 the unit
            remembers from the first step on. The default null keeps what the initializer gives.
        gates: which gates work.
        carry_state: under `trainer.truncated_bptt_steps` begin a chunk with the state that the last one ended in, not
            with zeros.

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
        self.parts = [part for part in ("reset", "update", "new") if part == "new" or gates[part]]
        if len(self.parts) == 3:
            recurrent = fused(nn.GRU, spec.shape[-1], width, depth, bidirectional, dropout)
        else:
            recurrent = Unrolled(GatedCell(self.parts), spec.shape[-1], width, depth, bidirectional, dropout)
        super().__init__(recurrent, spec.outputs, dropout, carry_state, truncated_bptt_steps)
        self.forget_bias = forget_bias

    def after_initialization(self) -> None:
        """Set the update gates' bias."""
        if self.forget_bias is not None:
            set_bias(self.recurrent, self.parts, "update", self.forget_bias)


class GatedCell(Cell):
    """One step of a GRU with some of its gates: a missing reset gate is 1, a missing update gate 0."""

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
