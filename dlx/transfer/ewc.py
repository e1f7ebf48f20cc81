"""Elastic weight consolidation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor, nn

from dlx.contracts.transfer import Transfer
from dlx.errors import ConfigError
from dlx.nn.fisher import fisher_diagonal
from dlx.nn.source import Copied, Source
from dlx.spec import Positive
from dlx.transfer._anchor import anchors_of, weighted_squares


class EWC(Transfer):
    """Fine-tune with the penalty `strength/2 * sum F (w - a)²` (Kirkpatrick et al. 2017, eq. 3).

    w are the copied parameters, a their values in the source and F the diagonal of the Fisher information of the
    source's loss, averaged over its training split. F is exact: the expectation over the targets is that of the
    network's own predictions, of classes by their probabilities, of numbers with Gaussian noise. It takes one backward
    pass for each training example of the source and each of its outputs, before training.

    Args:
        strength: weight of the penalty; sweep it on a log scale.

    Example:
        dlx train transfer=ewc transfer.strength=1000 transfer.source=outputs/runs/2026-01-01/12-00-00-0a1b2c3d
    """

    def __init__(self, *, strength: Annotated[float, Positive]) -> None:
        self.strength = strength
        self.anchors: dict[str, Tensor] = {}
        self.information: dict[str, Tensor] = {}

    def check(self, copied: Copied, source: Source) -> None:
        """Check that the source run can be restored, and that its loss is that of classes or of Gaussian noise.

        Raises:
            ConfigError: If the run cannot be restored.
            ValueError: If its loss is another one.
        """
        run = source.run
        if isinstance(run, ConfigError):
            raise run
        if run.factor is None:
            raise ValueError(
                "transfer=ewc: needs a source that was trained with the cross-entropy or the squared error; "
                "try transfer=l2_sp"
            )

    def begin(self, network: nn.Module, copied: Copied, source: Source) -> None:
        """Note the copied parameters and compute their information, which is computed only once."""
        self.anchors = anchors_of(network, copied)
        run = source.run
        if not self.information and not isinstance(run, ConfigError) and run.factor is not None:
            found = fisher_diagonal(run.network, run.data.train.inputs, run.objective.spec.softmax)
            self.information = {name: run.factor * found[name] for name in self.anchors}

    def penalty(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the scalar penalty."""
        return self.strength / 2 * weighted_squares(weights, self.anchors, self.information)
