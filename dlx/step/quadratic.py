"""Functions that are quadratic in the weights: how to tell them, their largest curvature, their exact minimum.

All functions take `total`, a differentiable scalar of the tensors in `weights`; the tensors are left as they were, but
by `minimise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Generator, Tensor

Total = Callable[[], Tensor]
Weights = Sequence[Tensor]
TOLERANCE = 1e-6  # relative; the functions are probed in double precision


def flat_gradient(total: Total, weights: Weights, graph: bool = False) -> Tensor:
    """Return the gradient as one vector; with a graph it can be differentiated again."""
    found = torch.autograd.grad(total(), list(weights), create_graph=graph, allow_unused=True)
    return torch.cat(
        [(torch.zeros_like(w) if g is None else g).reshape(-1) for g, w in zip(found, weights, strict=True)]
    )


def move(weights: Weights, step: Tensor) -> None:
    """Add a vector to the weights in place."""
    with torch.no_grad():
        for weight, piece in zip(weights, step.split([w.numel() for w in weights]), strict=True):
            weight.add_(piece.view_as(weight).to(weight))


def is_quadratic(total: Total, weights: Weights) -> bool:
    """Tell whether the gradient is an affine function: g(w + d) + g(w - d) = 2 g(w), near and far."""
    here = flat_gradient(total, weights)
    generator = Generator().manual_seed(0)
    for size in (1.0, 30.0):
        step = (size * torch.randn(len(here), generator=generator, dtype=torch.float64)).to(here)
        sides = []
        for sign in (1.0, -1.0):
            move(weights, sign * step)
            sides.append(flat_gradient(total, weights))
            move(weights, -sign * step)
        scale = max(side.abs().max().item() for side in sides)
        if not (sides[0] + sides[1] - 2 * here).abs().max().item() <= TOLERANCE * scale:
            return False
    return True


def hessian_product(total: Total, weights: Weights, vector: Tensor) -> Tensor:
    """Return H v, H the matrix of second derivatives (Pearlmutter 1994)."""
    gradient = flat_gradient(total, weights, graph=True)
    return flat_gradient(lambda: gradient @ vector.to(gradient), weights)


def largest_curvature(total: Total, weights: Weights) -> float:
    """Return L, the largest eigenvalue of the Hessian, by Lanczos' iterations: gradient descent needs lr < 2/L."""
    size = sum(weight.numel() for weight in weights)

    def product(vector: np.ndarray) -> np.ndarray:
        return hessian_product(total, weights, torch.from_numpy(vector.reshape(-1).copy())).double().numpy()

    if size <= 8:  # too small for Lanczos
        return float(np.linalg.eigvalsh(np.stack([product(row) for row in np.eye(size)])).max())
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    start = torch.randn(size, generator=Generator().manual_seed(0), dtype=torch.float64).numpy()
    return float(eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)[0])


def hessian(total: Total, weights: Weights) -> Tensor:
    """Return the matrix of second derivatives (weights, weights)."""
    gradient = flat_gradient(total, weights, graph=True)
    if not gradient.requires_grad:
        return torch.zeros(len(gradient), len(gradient), dtype=gradient.dtype)
    units = torch.eye(len(gradient), dtype=gradient.dtype, device=gradient.device)
    rows = torch.autograd.grad(gradient, list(weights), units, is_grads_batched=True, allow_unused=True)
    pieces = [
        torch.zeros(len(gradient), w.numel(), dtype=gradient.dtype, device=gradient.device) if row is None else row
        for row, w in zip(rows, weights, strict=True)
    ]
    return torch.cat([piece.reshape(len(gradient), -1) for piece in pieces], dim=1)


def minimise(total: Total, weights: Weights, refinements: int = 3) -> None:
    """Move the weights to the minimum of a convex quadratic, the one of the smallest norm where there are many.

    Newton's step from 0 solves the normal equations H w = -g(0); it is repeated against rounding errors.
    """
    with torch.no_grad():
        for weight in weights:
            weight.zero_()
    curvature = hessian(total, weights).detach().double()
    precision = torch.finfo(weights[0].dtype).eps
    inverse = torch.linalg.pinv(curvature, rtol=precision * len(curvature), hermitian=True)
    before = float("inf")
    for _ in range(1 + refinements):
        gradient = flat_gradient(total, weights).double()
        size = gradient.norm().item()
        if not size < before / 2:
            break
        before = size
        move(weights, -(inverse @ gradient))
