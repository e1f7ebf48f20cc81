"""Reconstruction of the inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from dlx.contracts import Batch, Net
from dlx.data.prepared import Data, Split
from dlx.objective._own_inputs import OwnInputs, check_unit_range, noisy
from dlx.spec import DataSpec, NonNegative, OpenFraction, Positive

SMALLEST = 1e-6  # distance of the mean of a number of the code from 0 and 1, for logarithms


class Reconstruction(OwnInputs):
    """Return the input: the labels are not used (Rumelhart, Hinton & Williams 1986; Hinton & Salakhutdinov 2006).

    The loss is a mean over the N values of an example and over the examples, `1/(B N) sum_b sum_i (x_bi - y_bi)²`. Loss
    and metrics are computed on the inputs as the network sees them, i.e. standardized unless `dataset.standardize` says
    otherwise. The naive baseline is the mean of the training examples, which is the best reconstruction that does not
    depend on the input; `r2` is the share of the variance that is reconstructed, `skill` the same relative to the
    baseline.

    Args:
        loss: `mse` is the mean squared error; `binary_cross_entropy` is -x log p - (1 - x) log(1 - p) with p the
            sigmoid of the output, which needs inputs between 0 and 1 (dataset.standardize=unit_range).
        noise: standard deviation of Gaussian noise on the inputs during training, while the target stays clean: a
            denoising autoencoder (Vincent et al. 2008); 0: none. `regularizer=input_noise` and augmentations change the
            target as well.
        test_noise: standard deviation of the noise on the inputs when a split is evaluated; 0: none.
        sparsity: weight of the sum of the absolute values of the code, which is added to the loss of an example summed
            over its values (Olshausen & Field 1996; Ng 2011); 0: none. With `sparsity_target`, that of another penalty.
        sparsity_target: penalize instead the mean m of each number of the code over a batch by the Kullback-Leibler
            divergence r log(r/m) + (1-r) log((1-r)/(1-m)) of a coin of this probability r and one of probability m; its
            sum over the numbers of the code, times `sparsity`, is added in the same way, as if for each example (Ng
            2011, section 3). The code must lie between 0 and 1 (model.code_activation=true activation=sigmoid); null:
            the absolute values.
        contraction: weight of the squared Frobenius norm of the Jacobian of the code with respect to the inputs, added
            in the same way (Rifai et al. 2011, equation 2); 0: none. It costs one backward pass for each number of the
            code. Since a decoder can undo any scale of the code, combine both with `regularizer=l2` or `max_norm`.
        scale: factor on the loss.

    Example:
        dlx train -m model=autoencoder objective.noise=0,0.5 objective.test_noise=0.5
    """

    inputs = ("vector", "image", "sequence", "series")
    usual_for = ("self", "none")

    def __init__(
        self,
        spec: DataSpec,
        *,
        loss: Literal["mse", "binary_cross_entropy"],
        noise: Annotated[float, NonNegative],
        test_noise: Annotated[float, NonNegative],
        sparsity: Annotated[float, NonNegative] = 0.0,
        sparsity_target: Annotated[float, OpenFraction] | None = None,
        contraction: Annotated[float, NonNegative] = 0.0,
        scale: Annotated[float, Positive],
    ) -> None:
        super().__init__(spec, "reconstruction")
        self.kind, self.noise, self.test_noise, self.scale = loss, noise, test_noise, scale
        self.sparsity, self.contraction = sparsity, contraction
        if sparsity_target is not None and not sparsity:
            raise ValueError("sparsity_target: has no effect with sparsity=0, its weight; try sparsity=1")
        self.sparsity_target = sparsity_target
        self.differentiates = contraction > 0
        if sparsity or contraction:
            self.needs, self.closed_form = ("encode", "decode"), False

    def check(self, data: Data) -> None:
        """Check that the inputs lie between 0 and 1 if the loss is the cross-entropy.

        Raises:
            ValueError: If they do not.
        """
        if self.kind == "binary_cross_entropy":
            check_unit_range(data, "loss: binary_cross_entropy", "loss=mse")

    def check_network(self, network: nn.Module, batch: Batch) -> None:
        """Check that codes lie between 0 and 1 if their means are penalized.

        Raises:
            ValueError: If they do not.
        """
        if self.sparsity_target is not None:
            net: Net = network
            code = net.encode(batch.inputs)
            if code.min() < 0 or code.max() > 1:
                raise ValueError(
                    f"sparsity_target={self.sparsity_target} needs codes between 0 and 1; the model gives "
                    f"{code.min():.3g} to {code.max():.3g}; set model.code_activation=true activation=sigmoid"
                )

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean loss of reconstructions (batch, *shape)."""
        if self.kind == "mse":
            return self.scale * F.mse_loss(output, batch.inputs)
        return self.scale * F.binary_cross_entropy_with_logits(output, batch.inputs)

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the reconstructions (batch, *shape) of the inputs with `test_noise`."""
        return net(noisy(batch.inputs, self.test_noise, generator))

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        x = noisy(batch.inputs, self.noise, generator)
        if not self.needs:
            return self.training_loss(net(x), batch)
        code = net.encode(x)
        loss = self.training_loss(net.decode(code), batch)
        factor = self.scale / batch.inputs.numel()
        if self.sparsity:
            rare = self.sparsity_target
            dense = code.abs().sum() if rare is None else len(code) * divergence(rare, code.mean(0)).sum()
            loss = loss + factor * self.sparsity * dense
        if self.contraction:
            loss = loss + factor * self.contraction * squared_jacobian(net.encode, x)
        return loss

    def values(self, outputs: Tensor) -> Tensor:
        """Return the reconstructed values: the outputs, or their sigmoid if they are logits."""
        return outputs if self.kind == "mse" else outputs.sigmoid()

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return reconstructions and inputs (examples, values)."""
        return {"prediction": self.values(outputs).flatten(1).numpy(), "target": part.inputs.flatten(1).numpy()}

    def baseline(self, data: Data, part: Split) -> tuple[str, Any]:
        """Return the mean of the training examples as the reconstruction of every example."""
        mean = data.train.inputs.double().mean(0)
        if self.kind == "binary_cross_entropy":
            mean = mean.clamp(1e-6, 1 - 1e-6).logit()
        return "mean example", mean.float().expand(len(part), *mean.shape)


def divergence(target: float, means: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergences of a coin of probability `target` and coins of these probabilities."""
    means = means.clamp(SMALLEST, 1 - SMALLEST)
    return target * (target / means).log() + (1 - target) * ((1 - target) / (1 - means)).log()


def squared_jacobian(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Return the sum over a batch of the squared Frobenius norms of the Jacobians of a function of each example."""
    outputs, pulled_back = torch.func.vjp(function, inputs)  # type: ignore[misc]
    units = torch.eye(outputs[0].numel(), device=outputs.device, dtype=outputs.dtype)
    directions = units.view(-1, 1, *outputs.shape[1:]).expand(-1, *outputs.shape)
    (jacobians,) = torch.func.vmap(pulled_back)(directions)
    return jacobians.square().sum()
