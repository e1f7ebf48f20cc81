"""Mixup."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator

from dlx.contracts import Batch
from dlx.contracts.regularizer import Regularizer
from dlx.spec import DataSpec, NonNegative


class Mixup(Regularizer):
    """Train on mixtures `t x_i + (1 - t) x_j` with the same mixture of their classes (Zhang et al. 2018).

    t is drawn for each batch from Beta(alpha, alpha); j is a random permutation of the batch.

    Args:
        alpha: parameter of the beta distribution; near 0 the mixtures are close to one example, at 1 t is uniform. 0:
            no mixup.

    Example:
        dlx train -m regularizer=mixup regularizer.mixup.alpha=0,0.2,1
    """

    def __init__(self, spec: DataSpec, *, alpha: Annotated[float, NonNegative] = 0.0) -> None:
        if alpha and spec.target not in ("class", "tokens", "mask", "labels"):
            raise ValueError(f"mixup needs classes as targets; the data are {spec}; set alpha=0")
        if alpha and spec.padded:
            raise ValueError(f"mixup needs sequences of equal length; the data are {spec}; set alpha=0")
        self.alpha, self.classes, self.coded = alpha, spec.outputs, spec.target == "labels"
        self.active = self.alpha > 0

    def change_batch(self, batch: Batch, generator: Generator) -> Batch:
        """Return mixed inputs (batch, *shape) and mixed targets (batch, classes), or one such row per step."""
        inputs, targets = batch.inputs, batch.targets
        order = torch.randperm(len(inputs), generator=generator, device=inputs.device)
        # Beta(alpha, alpha) is Dirichlet's first share; in double precision it does not vanish for a small alpha.
        kind = torch.float32 if inputs.device.type == "mps" else torch.float64
        alphas = torch.full((2,), self.alpha, device=inputs.device, dtype=kind)
        share = torch._sample_dirichlet(alphas, generator)[0].to(inputs.dtype)
        eye = torch.eye(self.classes, device=inputs.device, dtype=inputs.dtype)
        codes = targets if self.coded else eye[targets]
        return batch._replace(inputs=inputs[order].lerp(inputs, share), targets=codes[order].lerp(codes, share))
