"""Variational autoencoding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.contracts import Batch, Metric, Net
from dlx.data import tree
from dlx.data.prepared import Data, Split
from dlx.objective._generation import (
    SAMPLES,
    fitted_gaussian,
    kl_from_standard_normal,
    normal,
    sample_figure,
    sample_metrics,
)
from dlx.objective._own_inputs import OwnInputs, check_unit_range
from dlx.spec import DataSpec, NonNegative, Positive


class Variational(OwnInputs):
    """Maximize the evidence lower bound of a decoder p(x|z) and an encoder q(z|x) (Kingma & Welling 2014, equation 10).

    For an example x of N values the loss is `(-log p(x|z) + beta KL(q(z|x) || p(z))) / N`, with one code z = mean +
    exp(log_variance / 2) e drawn from q by a standard normal e (reparametrization) and a standard normal p(z). `elbo`
    is log p(x|z) - KL in nats per example whatever beta is, `kl` the divergence in nats per example, and `mse` the
    squared error of the reconstruction from the mean code. Beside the reconstructions, the predictions of a run have as
    many samples: the decoder's means for codes drawn from p(z). The naive baseline is the mean of the training
    examples; its samples are those of a normal distribution fitted to the training examples.

    Args:
        likelihood: distribution of the values given a code: `gaussian` with standard deviation `sd`, or `bernoulli`
            with the sigmoid of the output as probability, which needs inputs between 0 and 1
            (dataset.standardize=unit_range).
        sd: standard deviation of the Gaussian, in the units that the network sees; only used by `gaussian`.
        beta: weight of the divergence (Higgins et al. 2017); 1 is the evidence lower bound, 0 leaves the codes free.
        scale: factor on the loss.

    Example:
        dlx train -m model=vae objective.beta=0.1,1,4
    """

    needs = ("posterior", "decode")
    closed_form = False
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "elbo": Metric("max", headline=True),
        "kl": Metric(headline=True),
        **OwnInputs.metric_info,
        **{name: info._replace(headline=False) for name, info in SAMPLES.items()},
    }
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        **OwnInputs.captions,
        "samples": ("Samples", "What the decoder makes of codes that are drawn from the standard normal distribution."),
    }

    def __init__(
        self,
        spec: DataSpec,
        *,
        likelihood: Literal["gaussian", "bernoulli"],
        sd: Annotated[float, Positive],
        beta: Annotated[float, NonNegative],
        scale: Annotated[float, Positive],
    ) -> None:
        super().__init__(spec, "variational")
        self.kind, self.sd, self.beta, self.scale = likelihood, sd, beta, scale

    def check(self, data: Data) -> None:
        """Check that the inputs lie between 0 and 1 if they are probabilities.

        Raises:
            ValueError: If they do not.
        """
        if self.kind == "bernoulli":
            check_unit_range(data, "likelihood: bernoulli", "likelihood=gaussian")

    def log_likelihood(self, output: Tensor, inputs: Tensor) -> Tensor:
        """Return the log likelihood (batch,) of inputs (batch, *shape), in nats."""
        if self.kind == "bernoulli":
            return -F.binary_cross_entropy_with_logits(output, inputs, reduction="none").flatten(1).sum(1)
        constant = math.log(self.sd * math.sqrt(2 * math.pi))
        return -((inputs - output) / self.sd).square().flatten(1).sum(1) / 2 - inputs[0].numel() * constant

    def bound(self, outputs: Mapping[str, Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """Return log likelihood and divergence of each example, each (batch,)."""
        divergence = kl_from_standard_normal(outputs["mean"], outputs["log_variance"])
        return self.log_likelihood(outputs["drawn"], batch.inputs), divergence

    def loss(self, output: Mapping[str, Tensor], batch: Batch) -> Tensor:
        """Return `scale` times the mean loss of a batch."""
        likelihood, divergence = self.bound(output, batch)
        return self.scale * (self.beta * divergence - likelihood).mean() / batch.inputs[0].numel()

    def drawn(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        """Return mean and log variance of the codes of a batch, and the output for a code that is drawn from them."""
        mean, log_variance = net.posterior(batch.inputs)
        code = mean + (log_variance / 2).exp() * normal(mean, generator)
        return {"mean": mean, "log_variance": log_variance, "drawn": net.decode(code)}

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        return self.training_loss(self.drawn(net, batch, generator), batch)

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the reported loss of a batch."""
        return self.loss(self.drawn(net, batch, generator), batch)

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        """Return what the loss needs, the outputs for the mean codes, and those for codes drawn from p(z)."""
        found = self.drawn(net, batch, generator)
        fresh = normal(found["mean"], generator)
        return {**found, "prediction": net.decode(found["mean"]), "sample": net.decode(fresh)}

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return the loss and the two parts of the evidence lower bound."""
        likelihood, divergence = self.bound(outputs, batch)
        return {**super().quick(outputs, batch), "elbo": (likelihood - divergence).mean(), "kl": divergence.mean()}

    def values(self, outputs: Tensor) -> Tensor:
        """Return the means of the values: the outputs, or their sigmoid if they are logits."""
        return outputs.sigmoid() if self.kind == "bernoulli" else outputs

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return reconstructions, inputs and samples (examples, values), mean codes, and the bound of each example."""
        batch = tree.moved(part.batch(), outputs["mean"].device, outputs["mean"].dtype)
        likelihood, divergence = self.bound(outputs, batch)
        return {
            "prediction": self.values(outputs["prediction"]).flatten(1).numpy(),
            "target": part.inputs.flatten(1).numpy(),
            "sample": self.values(outputs["sample"]).flatten(1).numpy(),
            "code": outputs["mean"].numpy(),
            "elbo": (likelihood - divergence).numpy(),
            "kl": divergence.numpy(),
        }

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return the means of bound and divergence, and all error metrics."""
        means = {name: float(predictions[name].mean(dtype=np.float64)) for name in ("elbo", "kl")}
        return {**means, **super().judged(predictions)}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return the metrics of the predictions, and the loss in the precision of the outputs."""
        batch = tree.moved(part.batch(), outputs["mean"].device, outputs["mean"].dtype)
        made = sample_metrics(self.values(outputs["sample"]), part, data)
        return {**self.judged(self.predictions(outputs, part, data)), **made, "loss": float(self.loss(outputs, batch))}

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return figures of test images above their reconstructions, and of samples."""
        made = sample_figure(predictions["sample"], predictions["target"], data, self.shape)
        return {**super().figures(predictions, data), **made}

    def baseline(self, data: Data, part: Split) -> tuple[str, Any]:
        """Return the mean of the training examples as every reconstruction, and samples of a fitted Gaussian."""
        mean, sample = data.train.inputs.double().mean(0), fitted_gaussian(data.train.inputs, len(part))
        if self.kind == "bernoulli":
            mean, sample = (x.clamp(1e-6, 1 - 1e-6).logit() for x in (mean, sample))
        same, none = mean.float().expand(len(part), *mean.shape), torch.zeros(len(part), 1)
        found = {"mean": none, "log_variance": none, "drawn": same, "prediction": same, "sample": sample.float()}
        return "mean example", found
