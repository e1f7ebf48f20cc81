"""Outputs of a network in evaluation mode."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from dlx.contracts import Tree
from dlx.contracts.objective import Objective
from dlx.data.prepared import Split
from dlx.data.tree import joined

PIECE = 4096  # examples in one forward pass: a larger part would need too much memory


def place_of(network: nn.Module) -> Tensor:
    """Return a tensor on the device and in the precision in which a network wants its inputs."""
    return next(network.parameters(), torch.zeros(0))


def in_pieces(objective: Objective, network: nn.Module, part: Split, seed: int) -> Tree:
    """Return an objective's outputs of a split, one row an example; the network stays in the mode that it is in."""
    generator = Generator(device=part.inputs.device).manual_seed(seed)
    pieces = [slice(begin, begin + PIECE) for begin in range(0, len(part), PIECE)]
    return joined([objective.outputs(network, part.batch(rows), generator) for rows in pieces])


@torch.no_grad()
def predict(objective: Objective, network: nn.Module, part: Split, seed: int) -> Tree:
    """Return an objective's outputs of a split in evaluation mode; the network's own mode is restored."""
    training = network.training
    network.eval()
    try:
        return in_pieces(objective, network, part, seed)
    finally:
        network.train(training)
