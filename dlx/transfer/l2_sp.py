"""A penalty on the distance from the starting point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor, nn

from dlx.contracts.transfer import Transfer
from dlx.nn.source import Copied, Source
from dlx.spec import NonNegative, Positive
from dlx.transfer._anchor import anchors_of, weighted_squares


class L2SP(Transfer):
    """Fine-tune with the penalty `strength/2 * sum (w - a)² + new_strength/2 * sum v²` (Li et al. 2018, eq. 3).

    w are the copied parameters with a their values in the source, v are all other parameters.

    Args:
        strength: weight of the distance from the source; sweep it on a log scale.
        new_strength: weight of the squares of parameters that are not copied.

    Example:
        dlx train transfer=l2_sp transfer.strength=0.1 transfer.source=outputs/runs/2026-01-01/12-00-00-0a1b2c3d
    """

    def __init__(self, *, strength: Annotated[float, Positive], new_strength: Annotated[float, NonNegative]) -> None:
        self.strength, self.new_strength = strength, new_strength
        self.anchors: dict[str, Tensor] = {}

    def begin(self, network: nn.Module, copied: Copied, source: Source) -> None:
        """Note the copied parameters."""
        self.anchors = anchors_of(network, copied)

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the scalar penalty."""
        others = {name: weight.new_zeros(()) for name, weight in weights.items() if name not in self.anchors}
        near = self.strength / 2 * weighted_squares(weights, self.anchors)
        return near + self.new_strength / 2 * weighted_squares(weights, others) if self.new_strength else near
