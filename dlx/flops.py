"""What a forward pass costs."""

from __future__ import annotations

import warnings

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dlx.data import Part

EXAMPLES = 2  # batch normalization needs more than one


def flops_per_example(network: nn.Module, part: Part) -> int:
    """Return the floating-point operations of one example's forward pass; a multiplication and an addition are two.

    Matrix products, convolutions and attention count. In training mode and without mkldnn, whose fused kernels the
    counter does not see; neither the network nor torch's random state is changed.
    """
    training = network.training
    parameter = next(network.parameters(), torch.zeros(0))
    inputs = part.inputs[:1].expand(EXAMPLES, *part.inputs.shape[1:]).to(parameter.device, parameter.dtype)
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    with warnings.catch_warnings(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # leaving mkldnn's switch warns of Intel GPUs
        try:
            network.train()
            with torch.backends.mkldnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
                torch.func.functional_call(network, buffers, (inputs,))
        finally:
            network.train(training)
    return counter.get_total_flops() // EXAMPLES
