"""The better direction of metrics and the order in which they are shown, as declared by the objectives of the runs.

The summary.json of a run records the declarations of its objective under `metric_info`, headline metrics first:
`{"accuracy": {"better": "max", "headline": true, "counted": true}, "loss": {"better": "min", ...}, ...}`. Under
`examples` it records the number of examples that metrics are computed on, by the first segments of their names:
`{"train": 1149, "val": 288, "test": 360, ...}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MetricInfo:
    """The declaration of one metric by an objective.

    Attributes:
        better: `max` if a higher value is better, otherwise `min`.
        headline: True if tables show the metric first.
    """

    better: str
    headline: bool = False


# The metrics of runs whose summary.json was written before it had `metric_info`; used for these runs only.
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
}
FACT_UNITS = {"memory_mb": "MB", "epochs": "epochs", "steps": "steps", "parameters": "parameters"}
LATE = "steps_to"  # steps_to/val/accuracy: the steps until a value was reached, so lower is better for any metric


class MetricOrder:
    """The metrics of some runs, with their better direction and the order in which they are shown.

    Args:
        summaries: the content of the summary.json of each run.
    """

    def __init__(self, summaries: Iterable[Mapping[str, Any]]) -> None:
        self.info: dict[str, MetricInfo] = {}
        declared: dict[str, Mapping[str, Any]] = {}
        older = False
        for summary in summaries:
            declared |= summary["metric_info"] or {}
            older |= summary["metric_info"] is None
        for name, node in declared.items():
            self.info[name] = MetricInfo(node["better"], node["headline"])
        if older:
            self.info = {**OLDER, **self.info}

    def better(self, path: str) -> str | None:
        """Return `max` or `min` for a metric such as `test/accuracy`; None if no direction is declared."""
        if path.startswith(f"{LATE}/"):
            return "min"
        known = self.info.get(path.rsplit("/", 1)[-1])
        return known.better if known else None

    def maximum(self, path: str) -> bool:
        """Return True if the highest value of a metric is the best; False also if no direction is declared."""
        return self.better(path) == "max"

    def headline(self, paths: Iterable[str], losses: Iterable[str], count: int, others: int) -> list[str]:
        """Return the metrics to show by default.

        These are the first headline metric of the validation split beside that of the test split, the other headline
        metrics and the loss of the test split, or of the validation split if no run was tested, followed by further
        losses. For runs without any of them (jobs without training) their first metrics are shown.

        Args:
            paths: the metrics that the runs have.
            losses: splits whose losses follow.
            count: the maximum number of these metrics.
            others: the maximum number of metrics of a job without training.
        """
        there = list(dict.fromkeys(paths))
        split = "test" if any(path.startswith("test/") for path in there) else "val"
        names = [name for name, info in self.info.items() if info.headline]
        first = [f"val/{names[0]}"] if names else ["val/loss"]
        wanted = [*first, *(f"{split}/{name}" for name in (*names, "loss")), *(f"{other}/loss" for other in losses)]
        return [path for path in dict.fromkeys(wanted) if path in there][:count] or there[:others]


def resolution_of(summary: Mapping[str, Any], path: str) -> float | None:
    """Return the change of a metric if one more example of its split is classified correctly: 1/n for n examples.

    The split is the one that the path names: `test/accuracy` and `test/rotation_15/accuracy` belong to the test split,
    `test/class_3/accuracy` to its examples of class 3, `best/val/accuracy` to the validation split. For precision,
    recall, F1 and AUROC, whose steps depend on the classes, 1/n is the order of magnitude.

    Args:
        summary: the content of the summary.json of a run.
        path: the metric.

    Returns:
        The resolution, or None for a metric that does not change in steps of an example, and for runs that have not
        recorded their numbers of examples.
    """
    about = (summary["metric_info"] or {}).get(path.rsplit("/", 1)[-1])
    if about is None or not about["counted"]:
        return None
    sizes = summary["examples"]
    place = path.removeprefix("best/").removeprefix("init/")
    while place not in sizes and "/" in place:
        place = place.rpartition("/")[0]
    return 1 / sizes[place] if sizes.get(place) else None


def unit_of(summary: Mapping[str, Any], path: str) -> str:
    """Return the unit of a metric or a fact of a run: `%` for a share of examples, `s`, `nats`, or "" if it has none.

    Args:
        summary: the content of the summary.json of a run.
        path: the metric, e.g. `test/accuracy`, or the fact, e.g. `seconds/fit`.
    """
    if path in FACT_UNITS or path.startswith("seconds/"):
        return FACT_UNITS.get(path, "s")
    if path.startswith(f"{LATE}/"):
        return "steps"
    about = (summary["metric_info"] or {}).get(path.rsplit("/", 1)[-1])
    if about is None:
        return ""
    return "%" if about["counted"] else str(about["unit"])


def failure_of(summary: Mapping[str, Any], path: str) -> float | None:
    """Return the value that a metric has in a run that learns nothing: that of the naive baseline.

    Args:
        summary: the content of the summary.json of a run.
        path: the metric, e.g. `test/accuracy` or `best/val/loss`.

    Returns:
        The value, or None if the baseline has no such metric.
    """
    value = summary["baseline"].get(path.removeprefix("best/"))
    return None if value is None else float(value)
