"""Outputs of a network in evaluation mode."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from dlx.contracts import Tree
from dlx.contracts.model import Model
from dlx.contracts.objective import Objective
from dlx.data.prepared import Split
from dlx.data.tree import joined

PIECE = 4096  # largest number of examples in one forward pass, which limits memory
MOST_WEIGHTS = 2**27  # of an attention in one forward pass: half a gigabyte in single precision


def place_of(network: nn.Module) -> Tensor:
    """Return a tensor with the device and dtype of a network's parameters, which its inputs must have too."""
    return next(network.parameters(), torch.zeros(0))


def piece(network: nn.Module, inputs: Tensor) -> int:
    """Return the largest number of examples in one forward pass, for inputs (examples, ...)."""
    heads = network.attention_heads if isinstance(network, Model) else 0
    if not heads:
        return PIECE
    return max(1, min(PIECE, MOST_WEIGHTS // (heads * inputs.shape[1] ** 2)))


def in_pieces(objective: Objective, network: nn.Module, part: Split, seed: int, watching: bool = False) -> Tree:
    """Return an objective's outputs for a split, one row per example, in the network's current mode.

    Args:
        objective: the objective.
        network: the network.
        part: the split, on the device and in the dtype of the network.
        seed: seed of random outputs, e.g. samples.
        watching: return only what is watched in every epoch.
    """
    generator = Generator(device=part.inputs.device).manual_seed(seed)
    size = min(piece(network, part.inputs), part.piece or PIECE)
    pieces = [slice(begin, begin + size) for begin in range(0, len(part), size)]
    outputs = objective.watched if watching else objective.outputs
    return joined([outputs(network, part.batch(rows), generator) for rows in pieces])


@torch.no_grad()
def predict(objective: Objective, network: nn.Module, part: Split, seed: int, watching: bool = False) -> Tree:
    """Return an objective's outputs for a split in evaluation mode; the network's mode is restored afterwards.

    The arguments are those of `in_pieces`.
    """
    training = network.training
    network.eval()
    try:
        return in_pieces(objective, network, part, seed, watching)
    finally:
        network.train(training)
