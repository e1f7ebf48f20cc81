"""The direction of metrics and the order in which they are shown, as the objectives of the runs declare them.

A run's summary.json records what its objective declares under `metric_info`, headline metrics first:
`{"accuracy": {"better": "max", "headline": true}, "loss": {"better": "min", "headline": false}, ...}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MetricInfo:
    """What an objective declares of one metric.

    Attributes:
        better: `max` where a higher value is better, else `min`.
        headline: whether it is among the first that a table shows.
    """

    better: str
    headline: bool = False


# For runs made before summary.json had `metric_info`, and for nothing else: the metrics that they can have.
OLDER: Mapping[str, MetricInfo] = {
    "accuracy": MetricInfo("max", headline=True),
    "skill": MetricInfo("max", headline=True),
    "mse": MetricInfo("min", headline=True),
    "loss": MetricInfo("min"),
    "rmse": MetricInfo("min"),
    "mae": MetricInfo("min"),
    "nmse": MetricInfo("min"),
    "r2": MetricInfo("max"),
    "precision": MetricInfo("max"),
    "recall": MetricInfo("max"),
    "f1": MetricInfo("max"),
    "auroc": MetricInfo("max"),
    "cross_entropy": MetricInfo("min"),
    "excess": MetricInfo("min"),
    "distance": MetricInfo("min"),
    "generalization_gap": MetricInfo("min"),
}
LATE = "steps_to"  # steps_to/val/accuracy: how late a value was reached, so less is better whatever the metric


class MetricOrder:
    """The metrics of some runs: which way each is better, and which are shown first.

    Args:
        summaries: the contents of summary.json of each run.
    """

    def __init__(self, summaries: Iterable[Mapping[str, Any]]) -> None:
        self.info: dict[str, MetricInfo] = {}
        declared: dict[str, Mapping[str, Any]] = {}
        older = False
        for summary in summaries:
            declared |= summary.get("metric_info", {})
            older |= "metric_info" not in summary
        for name, node in declared.items():
            self.info[name] = MetricInfo(str(node["better"]), bool(node["headline"]))
        if older:
            self.info = {**OLDER, **self.info}

    def better(self, path: str) -> str | None:
        """Return `max` or `min` for a metric such as `test/accuracy`; None where no direction is declared."""
        if path.startswith(f"{LATE}/"):
            return "min"
        known = self.info.get(path.rsplit("/", 1)[-1])
        return known.better if known else None

    def maximum(self, path: str) -> bool:
        """Return whether the highest value of a metric is the best; the lowest is where nothing is declared."""
        return self.better(path) == "max"

    def headline(self, paths: Iterable[str], losses: Iterable[str], count: int, others: int) -> list[str]:
        """Return the metrics to show where nothing else is asked for.

        These are the headline metrics and the loss of the test split, or of the validation split where no run was
        tested, and then further losses. Runs without any of them (jobs other than training) show their first metrics.

        Args:
            paths: the metrics that the runs have.
            losses: splits whose losses follow.
            count: the most of these that are shown.
            others: the most of a job's own metrics that are shown.
        """
        there = list(dict.fromkeys(paths))
        split = "test" if any(path.startswith("test/") for path in there) else "val"
        names = [name for name, info in self.info.items() if info.headline]
        wanted = [*(f"{split}/{name}" for name in (*names, "loss")), *(f"{other}/loss" for other in losses)]
        return [path for path in dict.fromkeys(wanted) if path in there][:count] or there[:others]
