"""Losses that are quadratic in the weights: a test for them, their largest curvature and their exact minimum.

All functions take `total`, which returns a differentiable scalar, and `weights`, the tensors that it depends on. Only
`move` and `minimize` change the tensors.
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
    """Return the gradient as one vector; with `graph` it can be differentiated again."""
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
    """Return whether a function is quadratic, i.e. its gradient g is affine.

    The identity g(w + d) + g(w - d) = 2 g(w) is tested for a short and a long random step d.
    """
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
    """Return the product H v of the Hessian with a vector (Pearlmutter 1994)."""
    gradient = flat_gradient(total, weights, graph=True)
    return flat_gradient(lambda: gradient @ vector.to(gradient), weights)


def largest_curvature(total: Total, weights: Weights) -> float:
    """Return the largest eigenvalue L of the Hessian by the Lanczos method; gradient descent needs lr < 2/L."""
    size = sum(weight.numel() for weight in weights)

    def product(vector: np.ndarray) -> np.ndarray:
        return hessian_product(total, weights, torch.from_numpy(vector.reshape(-1).copy())).double().numpy()

    if size <= 8:  # too small for the Lanczos method
        return float(np.linalg.eigvalsh(np.stack([product(row) for row in np.eye(size)])).max())
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    start = torch.randn(size, generator=Generator().manual_seed(0), dtype=torch.float64).numpy()
    return float(eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)[0])


def hessian(total: Total, weights: Weights) -> Tensor:
    """Return the Hessian (number of weights, number of weights)."""
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


def minimize(total: Total, weights: Weights, refinements: int = 3) -> None:
    """Set the weights to the minimum of a convex quadratic function, the one of smallest norm if there are several.

    A Newton step from 0 solves the normal equations H w = -g(0).

    Args:
        total: function to minimize.
        weights: tensors that it depends on.
        refinements: largest number of further Newton steps, which reduce rounding errors.
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
