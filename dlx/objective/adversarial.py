"""Adversarial training of a generator and a discriminator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.func import grad

from dlx.contracts import Batch, Metric, Net, Phase, in_part
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data, Split
from dlx.metrics.generation import mmd_squared
from dlx.objective._generation import SAMPLES, fitted_gaussian, sample_figure, sample_metrics
from dlx.spec import DataSpec, NonNegative, Positive


class Adversarial(Objective):
    """Train a discriminator D to tell data x from generated examples G(z), and a generator G to deceive it.

    D gives a score (a logit), z is standard normal noise, s is the logistic sigmoid, and each step updates D, then G:
    `minimax`: D maximizes, G minimizes log s(D(x)) + log(1 - s(D(G(z)))) (Goodfellow et al. 2014, eq. 1);
    `non_saturating`: G maximizes log s(D(G(z))) instead (section 3 there);
    `least_squares`: D minimizes ½(D(x) - 1)² + ½D(G(z))², G minimizes ½(D(G(z)) - 1)² (Mao et al. 2017, eq. 9);
    `wasserstein`: D minimizes D(G(z)) - D(x), G minimizes -D(G(z)), with `clip` or `gradient_penalty` (Arjovsky et al.
    2017).

    `loss` is that of the discriminator, without penalties, on each split. Samples are as many as the examples of the
    split. `mmd_squared` is the squared maximum mean discrepancy between them and the split; `modes` and `high_quality`
    are reported for data that know their modes; `nearest_distance` is the mean distance of a sample to the nearest
    training example. The naive baseline is a Gaussian with mean and covariance of the training split.

    Args:
        loss: pair of losses, see above.
        clip: the weights of the discriminator are clipped to [-clip, clip] after each of its updates (Arjovsky et al.
            2017); null: no clipping.
        gradient_penalty: weight of the mean of (|dD/dx| - 1)² at random points between a real and a generated example
            (Gulrajani et al. 2017, eq. 3); 0: none.
        r1: weight g of the penalty g/2 |dD/dx|² on real examples (Mescheder et al. 2018, eq. 9); 0: none.
        discriminator_steps: number of updates of the discriminator for each one of the generator, on separate batches.
        discriminator_pretrain_steps: number of steps in which only the discriminator is trained, before the first
            update of the generator.
        updates: `alternating` updates the discriminator first; `simultaneous` updates both from the same weights, as in
            simultaneous gradient descent.
        scale: factor on the losses.

    Example:
        dlx train -m model=gan objective.loss=minimax,non_saturating objective.r1=0,1 trainer.max_epochs=100
    """

    targets = ("none",)
    needs = ("generator", "discriminator")
    closed_form = False
    monitor = "val/mmd_squared"
    metric_info: ClassVar[Mapping[str, Metric]] = {**SAMPLES, "loss": Metric()}
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "samples": ("Samples", "What the generator makes of noise; for points of the plane, over the test examples.")
    }

    def __init__(
        self,
        spec: DataSpec,
        *,
        loss: Literal["minimax", "non_saturating", "least_squares", "wasserstein"],
        clip: Annotated[float, Positive] | None,
        gradient_penalty: Annotated[float, NonNegative],
        r1: Annotated[float, NonNegative],
        discriminator_steps: Annotated[int, Positive],
        discriminator_pretrain_steps: Annotated[int, NonNegative],
        updates: Literal["alternating", "simultaneous"],
        scale: Annotated[float, Positive],
    ) -> None:
        if spec.input in ("none", "tokens"):
            raise ValueError(f"generated examples are real numbers; the data are {spec}")
        if updates == "simultaneous" and (discriminator_steps > 1 or discriminator_pretrain_steps):
            raise ValueError("updates: simultaneous updates both parts once in each step; expected alternating")
        self.spec = spec.aimed(spec.shape[0] if spec.input in ("vector", "image") else spec.shape[-1])
        self.kind, self.clip, self.scale = loss, clip, scale
        self.gradient_penalty, self.r1 = gradient_penalty, r1
        self.differentiates = bool(gradient_penalty or r1)
        self.repeat, self.begins, self.updates = discriminator_steps, discriminator_pretrain_steps, updates

    def check(self, data: Data) -> None:
        """Check that each split has two examples, which the distance between distributions needs.

        Raises:
            ValueError: If one has fewer.
        """
        for name, part in data.splits().items():
            if len(part) < 2:
                raise ValueError(f"needs at least two examples in each split, the {name} split has {len(part)}")

    def phases(self) -> list[Phase]:
        """Return the update of the discriminator and that of the generator, or one of both."""
        after = self._clipped if self.clip is not None else None
        if self.updates == "simultaneous":
            return [Phase("train", (), self.both, after=after)]
        return [
            Phase("discriminator", ("discriminator",), self.discriminate, repeat=self.repeat, after=after),
            Phase("generator", ("generator",), self.generate, begins=self.begins),
        ]

    def _clipped(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        assert self.clip is not None, "a phase is given this only with clipping"
        own = {name: weight for name, weight in weights.items() if in_part(name, "discriminator")}
        return {name: weight.clamp(-self.clip, self.clip) for name, weight in own.items()}

    def of_discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the discriminator's loss of the scores (batch, 1) of real and generated examples."""
        if self.kind == "wasserstein":
            return fake.mean() - real.mean()
        if self.kind == "least_squares":
            return ((real - 1).square().mean() + fake.square().mean()) / 2
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def of_generator(self, fake: Tensor) -> Tensor:
        """Return the generator's loss of the scores (batch, 1) of generated examples."""
        if self.kind == "wasserstein":
            return -fake.mean()
        if self.kind == "least_squares":
            return (fake - 1).square().mean() / 2
        return -F.softplus(fake).mean() if self.kind == "minimax" else F.softplus(-fake).mean()

    def discriminate(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss of the discriminator with its penalties."""
        fake = samples(net, batch.inputs, generator).detach()
        return self._against(net, batch.inputs, fake, generator)

    def _against(self, net: Net, real: Tensor, fake: Tensor, generator: Generator) -> Tensor:
        loss = self.of_discriminator(net.discriminator(real), net.discriminator(fake))
        if self.gradient_penalty:
            loss = loss + self.gradient_penalty * gradient_penalty(net, real, fake, generator)
        if self.r1:
            loss = loss + self.r1 / 2 * gradients(net, real).square().sum(1).mean()
        return self.scale * loss

    def generate(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss of the generator."""
        return self.scale * self.of_generator(net.discriminator(samples(net, batch.inputs, generator)))

    def both(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss of the discriminator, whose gradient in the generator is that of the generator's own loss.

        The last two terms cancel, but for their gradient in the generator, since the second of them is given detached
        examples.
        """
        fake = samples(net, batch.inputs, generator)
        loss = self._against(net, batch.inputs, fake.detach(), generator)
        deceived, same = net.discriminator(fake), net.discriminator(fake.detach())
        return loss + self.scale * (self.of_generator(deceived) - self.of_generator(same))

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss of the discriminator; its gradient in the generator is that of the generator's loss."""
        return self.both(net, batch, generator)

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        """Return a sample for each example, and the scores (batch, 1) of both."""
        made = samples(net, batch.inputs, generator)
        return {"sample": made, "real": net.discriminator(batch.inputs), "fake": net.discriminator(made)}

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return the discriminator's loss, and the distance between the samples and the examples."""
        loss = self.scale * self.of_discriminator(outputs["real"], outputs["fake"])
        return {"loss": loss, "mmd_squared": mmd_squared(outputs["sample"], batch.inputs)}

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return samples and real examples (examples, values)."""
        return {"sample": outputs["sample"].flatten(1).numpy(), "target": part.inputs.flatten(1).numpy()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return the distance between samples and real examples."""
        made, real = (torch.from_numpy(predictions[name]) for name in ("sample", "target"))
        return {"mmd_squared": mmd_squared(made, real).item()}

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return the metrics of the samples and the discriminator's loss."""
        loss = self.scale * self.of_discriminator(outputs["real"], outputs["fake"])
        return {**sample_metrics(outputs["sample"], part, data), "loss": loss.item()}

    def baseline(self, data: Data, part: Split) -> tuple[str, dict[str, Tensor]]:
        """Return samples of a Gaussian fitted to the training split, and the scores 0 of an undecided discriminator."""
        undecided = torch.zeros(len(part), 1)
        made = fitted_gaussian(data.train.inputs, len(part)).to(data.train.inputs.dtype)
        return "fitted Gaussian", {"sample": made, "real": undecided, "fake": undecided}

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return a picture of test examples and samples."""
        return sample_figure(predictions["sample"], predictions["target"], data, data.spec.shape)


def samples(net: Net, like: Tensor, generator: Generator) -> Tensor:
    """Return as many generated examples as `like` has, made of standard normal noise."""
    shape = (len(like), *net.noise_shape)
    return net.generator(torch.randn(shape, generator=generator, device=like.device, dtype=like.dtype))


def gradients(net: Net, places: Tensor) -> Tensor:
    """Return the gradient of each score in its example (batch, values)."""
    return grad(lambda x: net.discriminator(x).sum())(places).flatten(1)


def gradient_penalty(net: Net, real: Tensor, fake: Tensor, generator: Generator) -> Tensor:
    """Return the mean of (|dD/dx| - 1)² at random points between a real and a generated example."""
    shape = (len(real), *[1] * (real.dim() - 1))
    share = torch.rand(shape, generator=generator, device=real.device, dtype=real.dtype)
    return (gradients(net, share * real + (1 - share) * fake).norm(dim=1) - 1).square().mean()
