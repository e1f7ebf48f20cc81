"""Generative adversarial network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from torch import Tensor

from dlx.nn.nested import Build
from dlx.nn.network import Network
from dlx.spec import DataSpec, Node, Positive


class GAN(Network):
    """A generator that makes examples of noise, and a discriminator that scores examples (Goodfellow et al. 2014).

    Both are models of their own, e.g. `model.generator=mlp model.discriminator=cnn`, with keys of their own. Their
    activation, normalization, initializer, optimizer and scheduler are those of the run unless they are set for the
    part, e.g. `discriminator.optimizer.lr=4e-4`. The network's output is the score of the discriminator; `sample`
    returns generated examples. Choosing this model chooses `objective=adversarial`.

    Args:
        generator: model that maps noise to an example. One that reads vectors is given `latent` values; one that reads
            images is given noise of the size of an image.
        discriminator: model that maps an example to one score, which is larger for real examples.
        latent: number of values of the noise.

    Example:
        dlx train model=gan model.generator.width=64 discriminator.optimizer=sgd discriminator.optimizer.lr=0.05
    """

    accepts = ("vector", "image", "sequence")
    gives = ("vector", "map", "sequence")
    parts = ("generator", "discriminator")
    targets = ("none",)

    def __init__(
        self,
        spec: DataSpec,
        build: Build,
        *,
        generator: Annotated[Mapping[str, Any], Node("model")],
        discriminator: Annotated[Mapping[str, Any], Node("model")],
        latent: Annotated[int, Positive],
    ) -> None:
        super().__init__()
        reads_vectors = "vector" in generator.cls.accepts  # type: ignore[attr-defined]
        self.noise_shape = (latent,) if reads_vectors or spec.input != "image" else spec.shape
        given = DataSpec("vector" if self.noise_shape == (latent,) else "image", self.noise_shape, "number", 1)
        self.generator = build(generator, given, spec.shape)  # type: ignore[arg-type]
        score = DataSpec(spec.input, spec.shape, "number", 1, spec.features)
        self.discriminator = build(discriminator, score)  # type: ignore[arg-type]

    def sample(self, noise: Tensor) -> Tensor:
        """Map noise (batch, *noise_shape) to examples (batch, *shape)."""
        return self.generator(noise)

    def features(self, x: Tensor) -> Tensor:
        """Return the examples (batch, *shape) themselves."""
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Map examples (batch, *shape) to scores (batch, 1)."""
        return self.discriminator(x)
