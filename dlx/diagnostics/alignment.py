"""Attention compared with a known alignment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Metric
from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.model import Model
from dlx.data.prepared import Data
from dlx.nn.layers import watched
from dlx.nn.predict import place_of
from dlx.spec import Positive

ATTRIBUTE = "alignment"  # of the data: the input step behind each step of the answer, -1 where there is none


class Alignment(Diagnostic):
    """The share of words whose strongest attention is on the word that they were translated from.

    On the validation split, with the true words before each step, it reports `alignment/accuracy` of the mean weights
    of all heads and layers, and `alignment/<layer>/accuracy` of the heads of each layer (Bahdanau et al. 2015, section
    5.2.1, show such weights). `alignment/diagonal` is the share for a decoder that attends to the input step of the
    same number. The cost is one forward pass over the validation split.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.

    Example:
        dlx train -m model=seq2seq,seq2seq_transformer dataset=translation diagnostics=alignment
    """

    examples = 1  # the validation split is taken
    metric_info: ClassVar[Mapping[str, Metric]] = {"accuracy": Metric("max"), "diagonal": Metric("max")}

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network attends from answers to inputs, and that the data know the alignment.

        Raises:
            ValueError: If they do not; the message names what would fit.
        """
        if not isinstance(network, Model) or not network.cross_attention:
            raise ValueError("alignment needs attention from a decoder to an encoder; try model=seq2seq_transformer")
        if ATTRIBUTE not in data.val.extra:
            raise ValueError("alignment needs data whose alignment is known; try dataset=translation")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        assert isinstance(network, Model), "check has seen it"
        place = place_of(network)
        true = torch.from_numpy(data.val.extra[ATTRIBUTE]).to(place.device)
        with torch.no_grad(), watched(network, network.cross_attention) as seen:
            loss(network, data.val.like(place).batch())
        weights = {name: call.first[:, :, : true.shape[1]].mean(1) for name, call in seen.items()}
        found = {"alignment/accuracy": share(sum(weights.values(), torch.zeros(())).argmax(2), true)}
        if len(weights) > 1:
            layers = {name.removesuffix(".probabilities"): each for name, each in weights.items()}
            found |= {f"alignment/{name}/accuracy": share(each.argmax(2), true) for name, each in layers.items()}
        return {**found, "alignment/diagonal": share(torch.arange(true.shape[1]).to(true).expand_as(true), true)}


def share(places: Tensor, true: Tensor) -> Tensor:
    """Return the share of steps (batch, steps) with the true place, among those that have one."""
    known = true >= 0
    return (places == true)[known].float().mean()
