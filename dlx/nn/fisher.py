"""The diagonal of the Fisher information of a network's parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

CHUNK = 32  # examples whose derivatives are in memory at once


def fisher_diagonal(network: nn.Module, inputs: Tensor, categorical: bool) -> dict[str, Tensor]:
    """Return the mean over inputs of E[(d log p(y|x) / dw)²] for each parameter w, by name.

    The expectation is over targets y that the network itself predicts, in evaluation mode: independent classes whose
    probabilities are the softmax over the last axis of the outputs, or independent normal numbers of variance 1 with
    the outputs as their means. In the latter case it is the sum of the squared derivatives of the outputs.

    Args:
        network: the network, in evaluation mode.
        inputs: inputs (examples, *shape).
        categorical: whether the outputs are scores of classes.
    """
    weights = {name: p.detach() for name, p in network.named_parameters()}
    buffers = dict(network.named_buffers())

    def values(weights: dict[str, Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
        outputs = functional_call(network, {**weights, **buffers}, (x.unsqueeze(0),))[0]
        if not categorical:
            return outputs.flatten(), torch.ones_like(outputs).flatten()
        logs = outputs.log_softmax(-1)
        return logs.flatten(), logs.detach().exp().flatten()

    def squares(x: Tensor) -> dict[str, Tensor]:
        """Return the expected squares of one example: the sum over outputs of weight times squared derivative."""
        jacobian, expectation = jacrev(values, has_aux=True)(weights, x)
        return {name: torch.tensordot(expectation, d.square(), 1) for name, d in jacobian.items()}

    total = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    inputs = inputs.to(next(iter(weights.values()))) if inputs.is_floating_point() else inputs
    for piece in inputs.split(CHUNK):
        for name, found in vmap(squares)(piece).items():
            total[name] += found.sum(0)
    return {name: found / len(inputs) for name, found in total.items()}
