"""Principal component analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from dlx.nn.network import Network
from dlx.spec import DataSpec, Positive


class PCA(Network):
    """Reconstruction from the first principal components (Pearson 1901; Hotelling 1933): the best linear one.

    The components are the right singular vectors of the centered training split with the largest singular values. Of
    all reconstructions from `latent` linear functions of the input, this one has the smallest mean squared error, which
    is the sum of the other eigenvalues of the covariance matrix divided by the number of values (Eckart & Young 1936).
    There is nothing to train and no output layer. Choosing this model chooses `objective=reconstruction`.

    Args:
        latent: number of components; at most the number of values of an example.

    Example:
        dlx train -m model=pca,autoencoder model.latent=2,8
    """

    accepts = ("vector",)
    codes = True
    parts = ()
    targets = ("self",)
    mean: Tensor
    components: Tensor

    def __init__(self, spec: DataSpec, *, latent: Annotated[int, Positive]) -> None:
        super().__init__()
        if latent > spec.shape[0]:
            raise ValueError(f"latent: expected at most the {spec.shape[0]} values of an example, got {latent}")
        self.register_buffer("mean", torch.zeros(spec.shape[0]))
        self.register_buffer("components", torch.zeros(latent, spec.shape[0]))

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Compute mean and components from inputs (examples, features)."""
        x = inputs.cpu().double()  # the decomposition is not to be had in double precision on every device
        mean = x.mean(0)
        found = torch.linalg.svd(x - mean, full_matrices=False).Vh[: len(self.components)]
        self.mean.copy_(mean)
        self.components[: len(found)].copy_(found)  # fewer examples span fewer directions

    def encode(self, x: Tensor) -> Tensor:
        """Map inputs (batch, features) to the coordinates along the components (batch, latent)."""
        return (x - self.mean) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """Map coordinates (batch, latent) to reconstructions (batch, features)."""
        return self.mean + z @ self.components

    def features(self, x: Tensor) -> Tensor:
        """Map inputs (batch, features) to the coordinates along the components (batch, latent)."""
        return self.encode(x)

    def forward(self, x: Tensor) -> Tensor:
        """Map inputs (batch, features) to reconstructions (batch, features)."""
        return self.decode(self.encode(x))
