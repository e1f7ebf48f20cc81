"""Gates of recurrent layers over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Subject
from dlx.data.prepared import Data
from dlx.diagnostics._drawing import Drawing
from dlx.nn.cells import GatedGRU, GatedLSTM
from dlx.nn.layers import watched
from dlx.nn.predict import place_of
from dlx.nn.recurrent import Unrolled
from dlx.results.figure import COLORS, new_panels, style
from dlx.spec import Positive

LSTM_PARTS, GRU_PARTS = ["input", "forget", "cell", "output"], ["reset", "update", "new"]  # in the order of torch
UNGATED = ("cell", "new")  # parts that are candidates, not gates
MEANINGS = {
    "forget": "an open forget gate keeps the cell state",
    "input": "an open input gate writes to the cell state",
    "output": "an open output gate shows the cell state",
    "update": "an open update gate keeps the hidden state",
    "reset": "a closed reset gate hides the hidden state from the candidate",
}


class Gates(Drawing):
    """The gates of the first recurrent layer at each step of one example (Karpathy et al. 2016, section 4.2).

    A gate is a number from 0 (closed) to 1 (open) for each unit and step. The picture has a map for each gate, with the
    inputs above. The cost is one pass over one example.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train model=lstm dataset=adding diagnostics=gates
    """

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has gates.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if first_gated(network) is None:
            raise ValueError("looks at the gates of an LSTM or a GRU, this network has none; try model=lstm")

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the gates for the first example of the split."""
        name = first_gated(subject.network)
        assert name is not None, "checked before"
        inputs = subject.part.like(place_of(subject.network)).inputs[:1]
        with watched(subject.network, [name]) as seen, torch.no_grad():
            subject.network(inputs)
            given = seen[name].given[0]
            x = pad_packed_sequence(given, batch_first=True)[0] if isinstance(given, PackedSequence) else given
            gates = gate_values(subject.network.get_submodule(name), x)
        meanings = "; ".join(MEANINGS[gate] for gate in gates)
        caption = (
            f"The first {subject.split} example, read from left to right. Each row of a map is a unit: white is a "
            f"closed gate (0), dark an open one (1). {meanings[:1].upper()}{meanings[1:]}."
        )
        drawing = maps(x[0].cpu().float().numpy(), {gate: values[0].cpu().numpy() for gate, values in gates.items()})
        return {"gates": Picture(drawing, "Gates over time", caption)}


def parts_of(layer: nn.Module) -> Sequence[str]:
    """Return the names of the parts in the stacked matrices of a gated recurrent layer; () for any other module."""
    if isinstance(layer, nn.LSTM):
        return LSTM_PARTS
    if isinstance(layer, nn.GRU):
        return GRU_PARTS
    if isinstance(layer, Unrolled) and isinstance(layer.cell, GatedLSTM | GatedGRU):
        return layer.cell.parts
    return ()


def first_gated(network: nn.Module) -> str | None:
    """Return the path of the first recurrent layer with gates, or None."""
    return next((name for name, module in network.named_modules() if set(parts_of(module)) - set(UNGATED)), None)


def gate_values(layer: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Return the gates (batch, time, units) of the first layer in forward direction, by name.

    Args:
        layer: a gated recurrent layer.
        x: its input (batch, time, features).
    """
    parts = list(parts_of(layer))
    cell = GatedLSTM(parts) if "cell" in parts else GatedGRU(parts)
    own = dict(layer.named_parameters())
    w, u, b, c = (own[f"{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    state = (x.new_zeros(len(x), u.shape[1]),) * cell.states
    found: dict[str, list[Tensor]] = {part: [] for part in parts if part not in UNGATED}
    for now in nn.functional.linear(x, w, b).unbind(1):
        values = (now + nn.functional.linear(state[0], u, c)).chunk(len(parts), 1)
        for part, value in zip(parts, values, strict=True):
            if part in found:
                found[part].append(value.sigmoid())
        state = cell.step(now, state, u, c)
    return {part: torch.stack(values, 1) for part, values in found.items()}


def maps(x: np.ndarray, gates: dict[str, np.ndarray]) -> Any:
    """Return a figure of the inputs (time, features) above a map of each gate (time, units)."""
    with style():
        figure, axes = new_panels(1 + len(gates), 1, 6.6, 1.35)
        for feature in range(min(x.shape[1], 4)):
            axes[0, 0].plot(x[:, feature], color=COLORS[feature], linewidth=1.2)
        axes[0, 0].set_xlim(-0.5, len(x) - 0.5)
        axes[0, 0].set_ylabel("input", fontsize=9)
        for own, (gate, values) in zip(axes[1:, 0], gates.items(), strict=True):
            own.imshow(values.T[np.argsort(-values.mean(0))], aspect="auto", cmap="Purples", vmin=0, vmax=1)
            own.set_ylabel(f"{gate} gate", fontsize=9)
        axes[-1, 0].set_xlabel("time step")
        axes[-1, 0].set_xticks([0, len(x) - 1], [1, len(x)])
    return figure
