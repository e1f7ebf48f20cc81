"""Variational autoencoder."""

from __future__ import annotations

from torch import Tensor

from dlx.model._coder import Coder


class VAE(Coder):
    """An autoencoder whose encoder gives a normal distribution of codes (Kingma & Welling 2014; Rezende et al. 2014).

    For each value of the code, the encoder gives a mean and the logarithm of a variance. Without an objective that
    draws codes, the code is the mean. Layers are those of `model=autoencoder`. Choosing this model chooses
    `objective=variational`.

    Example:
        dlx train -m model=vae model.latent=2,8 objective.beta=0.1,1,4
    """

    per_value = 2

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map inputs (batch, *shape) to the means and the log variances of their codes, each (batch, latent)."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    def encode(self, x: Tensor) -> Tensor:
        """Map inputs (batch, *shape) to the means of their codes (batch, latent)."""
        return self.posterior(x)[0]
