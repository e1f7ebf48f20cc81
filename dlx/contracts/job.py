"""The contract of the group job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from dlx.contracts import Metric, Picture
from dlx.contracts.contract import Contract

if TYPE_CHECKING:
    from dlx.assembly.assemble import Assembly
    from dlx.run.trials import Trials


class NoAnswer(Exception):  # noqa: N818 (a result, no fault of the program)
    """Raised by `Job.measure` where the data give no answer; the run has failed, with this message for its reader."""


class Job(Contract):
    """The task of a run: to train a network, or to compute quantities without keeping a network.

    Attributes:
        stands_alone: whether the job uses neither the model nor the dataset of the configuration.
        uses: groups of the configuration that the job uses even if `stands_alone` is true.
        metric_info: metrics in the order in which tables show them; the metrics of training are those of the objective.
        scored_on: the split on whose examples a metric is computed (train, val or test), by its name; needed for those
            that are `counted`.
    """

    stands_alone: bool = False
    uses: tuple[str, ...] = ()
    metric_info: ClassVar[Mapping[str, Metric]] = {}
    scored_on: ClassVar[Mapping[str, str]] = {}

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the metrics of the run by name; a job that does not override this method trains.

        Raises:
            NoAnswer: The data give none; the message names the key, what was found and a remedy.
        """
        raise NotImplementedError(f"{type(self).__name__} has no measure(trials): it trains")

    def pictures(self) -> dict[str, Picture]:
        """Return pictures of what was measured, by name; the run writes them to its folder as SVG and PNG."""
        return {}

    def suggests(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """Return keys with the values that the measurement recommends; the run prints the command that uses them."""
        return {}

    def check(self, assembly: Assembly) -> None:
        """Check, before the job starts, that it supports the configuration.

        Raises:
            ValueError: If it does not; the message names what would fit.
        """

    def is_training(self) -> bool:
        """Return whether the job trains, i.e. does not override `measure`."""
        return type(self).measure is Job.measure
