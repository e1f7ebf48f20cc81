"""Gradients by layer, by step in time, and over a training."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.data.tree import moved
from dlx.nn.layers import in_order
from dlx.spec import Positive


class Gradients(Diagnostic):
    """Norm of the loss's gradient for each weight matrix, and for each step of a sequence, on a fixed batch.

    Gives `gradient/norm/<layer>`, their largest as `gradient/max_norm`, and `gradient/ratio`: the norm at the second
    weight matrix over that at the last one. Below 1 gradients vanish on the way back (Glorot & Bengio 2010, figure 7).
    For inputs in time also `gradient/time_ratio` = |dL/dx_1| / |dL/dx_T| (Bengio et al. 1994). With `every_step` also
    `gradient/peak_norm`, the largest finite norm of a matrix's gradient over all training steps, before any clipping,
    and `gradient/not_finite`, how many gradients were infinite or no number; both outlive a divergence.
    Costs one forward and one backward pass on the batch, twice in float64; `every_step` costs a norm for
    each matrix and step.

    Args:
        every: epochs between two measurements; the start and the end are always measured.
        double: measure in float64, where float32 would underflow to 0.
        every_step: watch every training step too (a network trained alone, not one of a vectorised group).
        examples: size of the fixed batch, from the training split; null: all of it.

    Example:
        dlx train diagnostics=gradients activation=sigmoid model.depth=10
    """

    def __init__(
        self,
        *,
        every: Annotated[int, Positive],
        double: bool,
        every_step: bool,
        examples: Annotated[int, Positive] | None,
    ) -> None:
        self.every, self.double, self.every_step, self.examples = every, double, every_step, examples
        self.norms: list[Tensor] = []  # of the steps since the last reading: the device is not asked in between
        self.peak, self.not_finite = 0.0, 0
        self.hooks: list[RemovableHandle] = []

    def check(self, network: nn.Module, data: Data) -> None:
        """Refuse a network of which nothing is trained.

        Raises:
            ValueError: names what would fit.
        """
        if not trained(network):
            raise ValueError("looks at weights that are descended, this network has none; try model=linear")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, and each gradient itself under `gradient/histogram/<layer>`."""
        if self.double:
            network = copy.deepcopy(network).double()
            batch = moved(batch, batch.inputs.device, torch.float64)
        inputs, named = batch.inputs, trained(network)
        matrices = {name: named[name] for name in in_order(named, network, inputs[:1])}
        in_time = inputs.dim() == 3 and inputs.is_floating_point()
        inputs = inputs.detach().requires_grad_(in_time)
        sought = [*matrices.values(), *([inputs] if in_time else [])]
        # cuDNN has no backward pass for a recurrent network in evaluation mode
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            value = loss(network, batch._replace(inputs=inputs))
            if not sought or not value.requires_grad:
                return {}
            gradients = torch.autograd.grad(value, sought, allow_unused=True)
        result: dict[str, Tensor] = {}
        norms = []
        for name, gradient in zip(matrices, gradients, strict=False):
            if gradient is not None:
                layer = name.removesuffix(".weight")
                norms.append(gradient.norm())
                result[f"gradient/norm/{layer}"] = norms[-1]
                result[f"gradient/histogram/{layer}"] = gradient
        if norms:
            result["gradient/max_norm"] = torch.stack(norms).max()
        if len(norms) >= 2:
            result["gradient/ratio"] = norms[1] / norms[-1]
        if in_time and gradients[-1] is not None:
            result["gradient/time_ratio"] = gradients[-1][:, 0].norm() / gradients[-1][:, -1].norm()
        return result

    def watch(self, network: nn.Module) -> None:
        """Look at each gradient as soon as a training step has made it: nothing has clipped it yet."""
        if self.every_step:
            for parameter in trained(network).values():
                self.hooks.append(parameter.register_post_accumulate_grad_hook(self._look))

    def unwatch(self) -> None:
        """Leave the network as it was."""
        for hook in self.hooks:
            hook.remove()
        self.hooks = []

    def _look(self, parameter: Tensor) -> None:
        assert parameter.grad is not None
        self.norms.append(parameter.grad.norm())

    def watched(self, former: Mapping[str, float]) -> dict[str, float]:
        """Return the peak and the count so far; `former` is the last row before a resumption."""
        if not self.every_step:
            return {}
        if self.norms:
            norms = torch.stack(self.norms)
            finite = norms[norms.isfinite()]
            self.peak = max(self.peak, float(finite.max())) if len(finite) else self.peak
            self.not_finite += len(norms) - len(finite)
            self.norms = []
        return {
            "gradient/peak_norm": max(self.peak, former.get("gradient/peak_norm", 0.0)),
            "gradient/not_finite": self.not_finite + former.get("gradient/not_finite", 0.0),
        }


def trained(network: nn.Module) -> dict[str, nn.Parameter]:
    """Return the weight matrices that are trained; of a network without matrices (model=point) all its parameters."""
    every = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    return {name: parameter for name, parameter in every.items() if parameter.dim() >= 2} or every
