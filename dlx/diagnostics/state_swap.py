"""Exchange of the states of two sequences in the middle of a recurrent network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Metric
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.nn.recurrent import RecurrentNetwork
from dlx.spec import DataSpec, Positive


class StateSwap(Diagnostic):
    """Exchange of one state between two sequences: which answers follow the exchanged state?

    Reads all but the last steps of each sequence of the validation split, gives one part of its state to another
    sequence, its partner, and reads the last steps (an interchange intervention, Geiger et al. 2021). It reports
    `state_swap/<state>/follows`, the fraction of the answers that become the answer that the network gives to the
    partner. Only pairs to which the network gives different answers count. The states are `h`, the hidden states of all
    layers; `c`, their cell states; and `all`, both. The cost is a few forward passes on the validation split.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        before: number of steps that are read after the exchange.

    Example:
        dlx train model=lstm dataset=latch diagnostics=state_swap
    """

    examples = 1  # a whole split is taken
    metric_info: ClassVar[Mapping[str, Metric]] = {"follows": Metric("max")}

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], before: Annotated[int, Positive]) -> None:
        if spec.target != "class" or len(spec.shape) != 2:
            raise ValueError(f"needs sequences with a class each; the model is given {spec}; try dataset=latch")
        if before >= spec.shape[0]:
            raise ValueError(f"before: expected less than the {spec.shape[0]} steps of a sequence, got {before}")
        self.every, self.before = every, before

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network is recurrent and reads forward.

        Raises:
            ValueError: If it is not, or if it reads backward as well.
        """
        if not isinstance(network, RecurrentNetwork):
            raise ValueError("needs a recurrent network; try model=lstm")
        if network.recurrent.bidirectional:
            raise ValueError("model.bidirectional: a network that reads backward has no state in the middle; try false")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name; none if the network gives the same answer to all sequences."""
        assert isinstance(network, RecurrentNetwork), "checked before"
        inputs = data.val.like(batch.inputs).inputs
        early, late = inputs[:, : -self.before], inputs[:, -self.before :]
        with torch.no_grad():
            final = network.recurrent(early)[1]
            parts = final if isinstance(final, tuple) else (final,)  # each (layers, batch, width)
            own = answers(network, late, final)
            partner = partners(own)
            differ = own != own[partner]
            if not differ.any():
                return {}
            result = {}
            for name, exchanged in exchanges(len(parts)).items():
                state = tuple(
                    part[:, partner] if chosen else part for part, chosen in zip(parts, exchanged, strict=True)
                )
                given = answers(network, late, state if isinstance(final, tuple) else state[0])
                result[f"state_swap/{name}/follows"] = (given == own[partner])[differ].double().mean()
        return result


def exchanges(states: int) -> dict[str, tuple[bool, ...]]:
    """Return, by name, which of the 1 or 2 parts of a state are exchanged."""
    return {"h": (True,)} if states == 1 else {"h": (True, False), "c": (False, True), "all": (True, True)}


def partners(classes: Tensor) -> Tensor:
    """Return a partner for each example (examples,), of another class as far as there are enough of them."""
    order = classes.argsort(stable=True)
    partner = torch.empty_like(order)
    partner[order] = order.roll(len(order) // 2)
    return partner


def answers(network: RecurrentNetwork, steps: Tensor, state: tuple[Tensor, ...] | Tensor) -> Tensor:
    """Return the predicted classes (batch,) of a recurrent network that reads steps from a state.

    Args:
        network: the network, in evaluation mode.
        steps: the steps to read (batch, time, features).
        state: state of each layer before them, as the recurrent layer returns it.
    """
    states = network.recurrent(steps, state)[0]
    return network.output(network.dropout(states[:, -1])).argmax(1)
