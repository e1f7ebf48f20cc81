"""Gradients by layer, by time step and over training."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.utils.hooks import RemovableHandle

from dlx.contracts import Batch, Loss, Picture
from dlx.contracts.diagnostics import Chapter, Diagnostic, Subject
from dlx.data.prepared import Data
from dlx.data.tree import moved
from dlx.diagnostics._flow import NORM, by_layer, over_training
from dlx.nn.layers import in_order
from dlx.nn.predict import place_of
from dlx.spec import Positive


class Gradients(Diagnostic):
    """Norm of the gradient of the loss for each weight matrix, and for the first and last time step, on a fixed batch.

    It reports `gradient/norm/<layer>`, the largest of these norms as `gradient/max_norm`, and `gradient/ratio`, the
    norm of the second weight matrix divided by that of the last one; a ratio below 1 means that gradients vanish during
    backpropagation (Glorot & Bengio 2010, figure 7). `gradient/dead/<layer>` is the share of the units of a layer to
    whose incoming weights no gradient arrives from the batch: rows of its matrix with a gradient of 0. For sequences
    `gradient/time_ratio` is |dL/dx_1| / |dL/dx_T| (Bengio et al. 1994). With `every_step`, `gradient/peak_norm` is the
    largest finite norm of a matrix's gradient over all training steps, before clipping, and `gradient/not_finite` is
    the number of gradients that were infinite or NaN; both are also reported if the run diverges. The cost is one
    forward and one backward pass on the batch, about twice as much in float64; `every_step` adds a norm for each matrix
    and step.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        double: measure in float64, because small gradients underflow to 0 in float32.
        every_step: also measure the gradients of every training step.
        examples: number of training examples in the fixed batch; null: all.

    Example:
        dlx train diagnostics=gradients activation=sigmoid model.depth=10
    """

    chapter: ClassVar[Chapter] = "training"

    def __init__(
        self,
        *,
        every: Annotated[int, Positive],
        double: bool,
        every_step: bool,
        examples: Annotated[int, Positive] | None,
    ) -> None:
        self.every, self.double, self.every_step, self.examples = every, double, every_step, examples
        self.norms: list[Tensor] = []  # since the last call of `watched`; kept on the device to avoid synchronization
        self.peak, self.not_finite = 0.0, 0
        self.hooks: list[RemovableHandle] = []

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has trainable parameters.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if not trained(network):
            raise ValueError("looks at weights that are trained, this network has none; try model=linear")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, and each gradient under `gradient/histogram/<layer>`."""
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
                if gradient.dim() >= 2:
                    result[f"gradient/dead/{layer}"] = (gradient.flatten(1) == 0).all(1).to(gradient.dtype).mean()
                result[f"gradient/histogram/{layer}"] = gradient
        if norms:
            result["gradient/max_norm"] = torch.stack(norms).max()
        if len(norms) >= 2:
            result["gradient/ratio"] = norms[1] / norms[-1]
        if in_time and gradients[-1] is not None:
            result["gradient/time_ratio"] = gradients[-1][:, 0].norm() / gradients[-1][:, -1].norm()
        return result

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the norms by layer over training, or before and after it if they were not recorded."""
        recorded = {key.removeprefix(NORM) for row in subject.record for key in row if key.startswith(NORM)}
        if recorded and len(subject.record) > 1:
            return {"gradient_flow": over_training(subject.record)}
        norms = {"trained": self._norms(subject, subject.network)}
        if subject.initial is not None:
            norms = {"initial weights": self._norms(subject, subject.initial), **norms}
        if not any(norms.values()):
            raise ValueError("the loss does not depend on the weights by a gradient")
        return {"gradient_flow": by_layer(norms)}

    def _norms(self, subject: Subject, network: nn.Module) -> dict[str, float]:
        """Return the norm of each layer's gradient on the first training examples."""
        place = place_of(network)
        batch = moved(subject.data.train.batch(slice(self.examples)), place.device, place.dtype)

        def loss(net: Any, given: Batch) -> Tensor:
            return subject.objective.plain_loss(net, given, Generator(device=place.device).manual_seed(0))

        found = self.measure(network, batch, loss, subject.data)
        return {key.removeprefix(NORM): float(value) for key, value in found.items() if key.startswith(NORM)}

    def watch(self, network: nn.Module) -> None:
        """Register hooks that record the norm of each gradient before it is clipped."""
        if self.every_step:
            for parameter in trained(network).values():
                self.hooks.append(parameter.register_post_accumulate_grad_hook(self._look))

    def unwatch(self) -> None:
        """Remove the hooks."""
        for hook in self.hooks:
            hook.remove()
        self.hooks = []

    def _look(self, parameter: Tensor) -> None:
        assert parameter.grad is not None
        self.norms.append(parameter.grad.norm())

    def watched(self, former: Mapping[str, float]) -> dict[str, float]:
        """Return the peak norm and the number of gradients that were not finite so far.

        Args:
            former: values logged before the run was resumed.
        """
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
    """Return the trainable weight matrices, or all trainable parameters if there are no matrices (model=point)."""
    every = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    return {name: parameter for name, parameter in every.items() if parameter.dim() >= 2} or every
