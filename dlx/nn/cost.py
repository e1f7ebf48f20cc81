"""The cost of a network: floating-point operations and seconds of a forward and a backward pass.

A multiplication with an addition counts as two operations. Only matrix products, convolutions, attention and recurrent
layers are counted, as in torch's FlopCounterMode. It counts recurrent layers only without mkldnn, whose fused kernels
it does not know, and transformer layers only in training mode.
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from dlx.contracts import Batch, Loss
from dlx.contracts.model import Model
from dlx.data.prepared import Split
from dlx.data.tree import moved
from dlx.nn.predict import place_of

Tensors = Mapping[str, Tensor]
PACKED = "Cannot access data pointer of Tensor"  # torch's words where forward mode meets a packed sequence
EXAMPLES = 2  # batch normalization needs more than one


def flops_per_example(network: nn.Module, part: Split) -> int:
    """Return the number of floating-point operations of a forward pass for one example, as in training.

    The network and torch's random state are not changed.
    """
    return counted_pass(network, part).get_total_flops() // EXAMPLES


def counted_pass(network: nn.Module, part: Split) -> FlopCounterMode:
    """Return the counter of a forward pass for `EXAMPLES` copies of an example, as in training.

    The network and torch's random state are not changed.

    Args:
        network: the network.
        part: the split from which the example is taken.
    """
    training = network.training
    place = place_of(network)
    inputs = moved(part.inputs[:1].expand(EXAMPLES, *part.inputs.shape[1:]), place.device, place.dtype)
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    given = network.arguments(inputs) if isinstance(network, Model) else (inputs,)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            network.train()
            with without_mkldnn(), FlopCounterMode(display=False) as counter:
                torch.func.functional_call(network, buffers, given)
        finally:
            network.train(training)
    return counter


def flops(network: nn.Module, batch: Batch, loss: Loss) -> tuple[int, int]:
    """Return the number of floating-point operations of a forward and of a backward pass over a batch.

    They are counted on a copy of the network.
    """
    twin = copy.deepcopy(network).train()
    with torch.random.fork_rng(devices=[]), without_mkldnn(), torch.enable_grad():
        with FlopCounterMode(display=False) as forward:
            value = loss(twin, batch)
        with FlopCounterMode(display=False) as backward:
            if value.requires_grad:
                value.backward()
    return forward.get_total_flops(), backward.get_total_flops()


def forward_mode_flops(network: nn.Module, batch: Batch, loss: Loss) -> int | None:
    """Return the number of floating-point operations of one pass in forward mode: the loss and one derivative of it.

    Forward-mode differentiation carries the derivative in one direction of the parameters along with each value, so a
    whole gradient takes one such pass for each parameter (Baydin et al. 2018, section 3.1). The operations are counted
    on a copy of the network in evaluation mode. The result is None for a network without parameters, and where torch
    has no forward mode for one of the layers (weight normalization, recurrent layers over packed sequences).
    """
    whole = WithLoss(copy.deepcopy(network).eval(), loss)
    weights = {name: parameter.detach() for name, parameter in whole.named_parameters()}
    if not weights:
        return None
    directions = {name: torch.ones_like(weight) for name, weight in weights.items()}

    def at(weights: dict[str, Tensor]) -> Tensor:
        return torch.func.functional_call(whole, weights, (batch,))

    with torch.random.fork_rng(devices=[]), without_mkldnn(), FlopCounterMode(display=False) as counter:
        try:
            derivative(at, weights, directions)
        except RuntimeError as error:
            if isinstance(error, NotImplementedError) or PACKED in str(error):
                return None
            raise
    return counter.get_total_flops()


def derivative(function: Callable[..., Tensor], weights: Tensors, direction: Tensors) -> Tensor:
    """Return the derivative of a function of weights in a direction, by one pass in forward mode.

    Args:
        function: function of `weights`.
        weights: tensors by name.
        direction: tensors of the same names and shapes.

    Raises:
        NotImplementedError: torch has no forward mode for an operation of the function.
        RuntimeError: The same, for a recurrent layer over a packed sequence.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*torch.jit.script", DeprecationWarning)  # torch's own, at its first use
        return torch.func.jvp(function, (weights,), (direction,))[1]


class WithLoss(nn.Module):
    """A network followed by the loss of a batch, as one module."""

    def __init__(self, network: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, batch: Batch) -> Tensor:
        """Return the scalar loss of a batch."""
        return self.loss(self.network, batch)


def saved_bytes(network: nn.Module, batch: Batch, loss: Loss) -> int:
    """Return the number of bytes that a forward pass over a batch stores for its backward pass, without the weights."""
    twin = copy.deepcopy(network).train()
    weights = {parameter.untyped_storage().data_ptr() for parameter in twin.parameters()}
    stored: dict[int, int] = {}
    kept: list[Tensor] = []  # the stored tensors live until the end, so that no address is used twice

    def store(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            stored[tensor.data_ptr()] = max(tensor.nbytes, stored.get(tensor.data_ptr(), 0))
        kept.append(tensor)
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(store, lambda tensor: tensor)
    with torch.random.fork_rng(devices=[]), without_mkldnn(), torch.enable_grad(), hooks:
        loss(twin, batch)
    return sum(stored.values())


def seconds(network: nn.Module, batch: Batch, loss: Loss, repeats: int) -> tuple[float, float]:
    """Return the median duration in seconds of a forward and of a backward pass over a batch, after one warm-up."""
    twin = copy.deepcopy(network).train()
    forward, backward = [], []
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for _ in range(repeats + 1):
            begin = now(batch.inputs)
            value = loss(twin, batch)
            between = now(batch.inputs)
            if value.requires_grad:
                value.backward()
            forward.append(between - begin)
            backward.append(now(batch.inputs) - between)
            twin.zero_grad()
    return median(forward[1:]), median(backward[1:])


def now(tensor: Tensor) -> float:
    """Return the time in seconds, after all pending operations on the tensor's device have finished."""
    if tensor.is_cuda:
        torch.cuda.synchronize(tensor.device)
    return time.perf_counter()


@contextmanager
def without_mkldnn() -> Iterator[None]:
    """Disable mkldnn inside a `with` block (`torch.backends.mkldnn.flags` would warn on a CPU)."""
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(before)
