"""The runs of a study as a grid over its axes, and what an expression is in each of them."""

from __future__ import annotations

import fnmatch
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from dlx.errors import ConfigError, nearest
from dlx.results.metric_info import MetricOrder
from dlx.results.runs import Run
from dlx.study.read.claim import Choose, Where
from dlx.study.read.expression import Expression, Value
from dlx.sweep.cells import Axes

FACTS = ("parameters", "steps", "epochs", "flops_per_example", "memory_mb")
STATUSES = ("finished", "diverged", "failed", "interrupted")


@dataclass
class Values:
    """An expression over the chosen cells: an array with one dimension an axis.

    A cell that does not exist is nan. Where `lost` is true the run is there but has no value: it failed, or diverged
    and nobody said what that counts as, or the value is infinite.
    """

    axes: list[str]
    levels: dict[str, list]
    array: np.ndarray
    lost: np.ndarray
    statuses: Counter[str] = field(default_factory=Counter)


class Grid:
    """The runs of a study by the levels of its axes.

    Args:
        axes: the levels.
        found: labels of each cell, and its run.
    """

    def __init__(self, axes: Axes, found: Iterable[tuple[Mapping[str, str], Run]]) -> None:
        self.axes = axes
        self.runs = {tuple(labels[axis] for axis in axes): run for labels, run in found}

    def values(self, metric: Expression, where: Where, diverged: float | None = None, place: str = "metric") -> Values:
        """Evaluate an expression in the chosen cells.

        Args:
            metric: the expression.
            where: admitted levels by axis; all where an axis is not named.
            diverged: what it counts as in a diverged run.
            place: the key it stands under, for messages.

        Raises:
            ConfigError: a finished run has no such metric, or no run is there at all.
        """
        levels = {
            axis: [level for level in own if level.text in where.get(axis, (level.text,))]
            for axis, own in self.axes.items()
        }
        array = np.full([len(own) for own in levels.values()], np.nan)
        result = Values(
            list(levels), {axis: [level.value for level in own] for axis, own in levels.items()}, array, array > 0
        )
        for index in np.ndindex(*array.shape):
            key = tuple(own[i].text for i, own in zip(index, levels.values(), strict=True))
            run = self.runs.get(key)
            if run is None:
                continue
            array[index] = self._value(metric, run, diverged, place)
            result.statuses[run.status] += 1
            result.lost[index] = not math.isfinite(array[index])
        if not result.statuses:
            cell = ", ".join(f"{axis}={'|'.join(texts)}" for axis, texts in where.items())
            raise ConfigError(f"{place}: no run has {cell}: study.exclude leaves it out")
        return result

    def maximum(self, rule: Choose) -> bool:
        """Return whether the highest score is the best: as the study says, else as the runs declare their metric."""
        if rule.maximum is not None:
            return rule.maximum
        return bool(rule.by.names) and MetricOrder(run.summary for run in self.runs.values()).maximum(rule.by.names[0])

    def value(self, metric: Expression, run: Run) -> float:
        """Return an expression in one run; nan where it has none."""
        return metric(lambda name: math.nan if (value := find(run, name)) is None else value)

    def _value(self, metric: Expression, run: Run, diverged: float | None, place: str) -> float:
        missing: list[str] = []

        def look(name: str) -> Value:
            value = find(run, name)
            if value is None:
                missing.append(name)
                return math.nan
            return value

        value = metric(look)
        if run.status == "diverged" and (missing or any(is_late(name) for name in metric.names)):
            return math.nan if diverged is None else diverged
        if missing and run.status == "finished":
            known = [*run.metrics, *FACTS, *STATUSES]
            raise ConfigError(f"{place}: no run has the metric {missing[0]!r}{nearest(missing[0], known)}")
        return value


def is_late(name: str) -> bool:
    """Tell whether a name is measured at the end of training, which a diverged run does not reach."""
    return "/" in name and not name.startswith(("init/", "seconds/"))


def find(run: Run, name: str) -> Value | None:
    """Return what a run has under a name: a metric, a fact, its status, a key of its configuration."""
    if "*" in name:
        return [value for key, value in run.metrics.items() if fnmatch.fnmatchcase(key, name)] or None
    if name in run.metrics:
        return run.metrics[name]
    if name in STATUSES:
        return float(run.status == name)
    if name in FACTS:
        return run.summary.get(name)
    group, _, rest = name.partition("/")
    if group == "best" and rest in run.summary.get("best", {}):
        return run.summary["best"][rest]["value"]
    if group in ("baseline", "seconds"):
        return run.summary.get(group, {}).get(rest)
    value = run.summary.get("config", {}).get(name)
    return value if isinstance(value, int | float) else None
