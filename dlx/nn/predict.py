"""Outputs of a network in evaluation mode."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PIECE = 4096  # examples in one forward pass: a larger part would need too much memory


@torch.no_grad()
def predict(network: nn.Module, inputs: Tensor) -> Tensor:
    """Return the outputs (examples, outputs) in evaluation mode; the network's own mode is restored."""
    training = network.training
    network.eval()
    try:
        return torch.cat([network(piece) for piece in inputs.split(PIECE)])
    finally:
        network.train(training)
