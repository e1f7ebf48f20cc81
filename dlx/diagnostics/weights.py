"""Statistics of weight matrices by layer."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Generator, Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.spec import NonNegative, Positive


class Weights(Diagnostic):
    """Norm, rank, number of distinct units and share of exact zeros of each weight matrix.

    It reports `weight/norm/<layer>`, the Frobenius norm; `weight/rank/<layer>`; `weight/distinct_units/<layer>`, the
    number of units with different incoming weights and bias (1 after a constant initialization, a symmetry that
    gradient descent cannot break: Goodfellow et al. 2016, section 8.4); `weight/zero_share/<layer>`;
    `weight/unused_inputs/<layer>`, the number of inputs whose weights are all exactly 0; and `weight/norm` and
    `weight/zero_share` over all matrices. A convolution kernel is reshaped to (outputs, inputs * field). No pass over
    the data is needed; the cost is one singular value decomposition for each matrix.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        tolerance: largest difference of weights at which two units are counted as equal, as a share of the largest
            weight of the layer.

    Example:
        dlx train diagnostics=weights initializer=he_normal
    """

    examples = 1  # the data are not used

    def __init__(self, *, every: Annotated[int, Positive], tolerance: Annotated[float, NonNegative]) -> None:
        self.every, self.tolerance = every, tolerance

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has weight matrices.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if not any(parameter.dim() >= 2 for parameter in network.parameters()):
            raise ValueError("looks at weight matrices, this network has none; try model=linear")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name, and each matrix under `weight/histogram/<layer>`."""
        tensors = dict(network.named_parameters())
        matrices = {name: p.detach().flatten(1) for name, p in tensors.items() if p.dim() >= 2}
        result: dict[str, Tensor] = {}
        for name, matrix in matrices.items():
            layer = name.removesuffix(".weight")
            bias = tensors.get(name.replace("weight", "bias"))
            fits = bias is not None and bias.numel() == len(matrix)  # one bias per row
            units = torch.cat([matrix, bias.detach().reshape(-1, 1)], 1) if fits else matrix  # type: ignore[union-attr,index]
            result[f"weight/histogram/{layer}"] = matrix
            result[f"weight/norm/{layer}"] = matrix.norm()
            result[f"weight/rank/{layer}"] = rank(matrix)
            result[f"weight/distinct_units/{layer}"] = distinct_rows(units, self.tolerance)
            result[f"weight/zero_share/{layer}"] = (matrix == 0).double().mean()
            result[f"weight/unused_inputs/{layer}"] = (matrix == 0).all(0).sum()
        if matrices:
            everything = torch.cat([matrix.flatten() for matrix in matrices.values()])
            result["weight/norm"] = everything.norm()
            result["weight/zero_share"] = (everything == 0).double().mean()
        return result


def rank(matrix: Tensor) -> Tensor:
    """Return the numerical rank of a matrix (outputs, inputs) in its dtype's precision, or -1 if it is not finite."""
    if not matrix.isfinite().all():
        return torch.tensor(-1)
    eps = torch.finfo(matrix.dtype).eps * max(matrix.shape)
    singular = torch.linalg.svdvals(matrix.double())
    return (singular > eps * singular.max()).sum()


def distinct_rows(rows: Tensor, tolerance: float) -> Tensor:
    """Return the number of distinct rows, i.e. of rows that differ by more than `tolerance` times the largest value.

    Rows are sorted along a random direction, so that equal rows are adjacent and only neighbors are compared.
    """
    rows = rows.double()
    direction = torch.randn(rows.shape[1], generator=Generator().manual_seed(0), dtype=torch.float64).to(rows.device)
    rows = rows[(rows @ direction).argsort()]
    gaps = (rows[1:] - rows[:-1]).abs().amax(1)
    return 1 + (gaps > tolerance * rows.abs().max()).sum()
