"""The contract of the group job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from dlx.contracts import Metric
from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.assembly.assemble import Assembly
    from dlx.run.trials import Trials


class Job(Contract):
    """What a run does: it trains a network, or it measures something and keeps no network.

    Attributes:
        stands_alone: whether neither the model nor the data of the configuration are used.
        uses: further groups of the configuration that a job uses although it stands alone.
        metric_info: the metrics that tables show, in this order, the headline first; those of a training are its
            objective's.
    """

    stands_alone: bool = False
    uses: tuple[str, ...] = ()
    metric_info: ClassVar[Mapping[str, Metric]] = {}

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the metrics of the run; a job without a `measure` of its own is training."""
        raise NotImplementedError(f"{type(self).__name__} has no measure(trials): it trains")

    def check(self, assembly: Assembly) -> None:
        """Refuse a configuration on which the job cannot work, before it begins.

        Raises:
            ValueError: names what would fit.
        """

    def is_training(self) -> bool:
        """Return whether the job is training: it has no `measure` of its own."""
        return type(self).measure is Job.measure
