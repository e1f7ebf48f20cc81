"""How long a network takes, forward and backward."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


def seconds(network: nn.Module, inputs: Tensor, targets: Tensor, loss: Loss, repeats: int) -> tuple[float, float]:
    """Return the median seconds of a forward and of a backward pass over a batch, after one to warm up."""
    twin = copy.deepcopy(network).train()
    forward, backward = [], []
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for _ in range(repeats + 1):
            begin = now(inputs)
            value = loss(twin, inputs, targets)
            between = now(inputs)
            if value.requires_grad:
                value.backward()
            forward.append(between - begin)
            backward.append(now(inputs) - between)
            twin.zero_grad()
    return median(forward[1:]), median(backward[1:])


def now(tensor: Tensor) -> float:
    """Return the time when all that was asked of the tensor's device is done."""
    if tensor.is_cuda:
        torch.cuda.synchronize(tensor.device)
    return time.perf_counter()
