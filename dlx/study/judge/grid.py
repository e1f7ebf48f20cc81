"""The runs of a study as a grid over its axes, and the values of expressions in the grid."""

from __future__ import annotations

import fnmatch
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from dlx.errors import ConfigError, nearest
from dlx.results.metric_info import MetricOrder, failure_of, resolution_of
from dlx.results.runs import Run
from dlx.study.read.claim import Choose, Where
from dlx.study.read.expression import Expression, Value
from dlx.sweep.cells import Axes

FACTS = ("parameters", "steps", "epochs", "flops_per_example", "memory_mb")
STATUSES = ("finished", "diverged", "failed", "interrupted")


@dataclass
class Values:
    """The values of an expression in the selected cells, as an array with one dimension for each axis.

    The value of a missing cell is nan. Where `lost` is True, the run exists but has no finite value: it failed, or it
    diverged and the study does not define a value for that, or the value is infinite.
    """

    axes: list[str]
    levels: dict[str, list]
    array: np.ndarray
    lost: np.ndarray
    statuses: Counter[str] = field(default_factory=Counter)


class Grid:
    """The runs of a study by the levels of its axes.

    Args:
        axes: the levels of each axis.
        found: the labels of each cell, and its run.
    """

    def __init__(self, axes: Axes, found: Iterable[tuple[Mapping[str, str], Run]]) -> None:
        self.axes = axes
        self.runs = {tuple(labels[axis] for axis in axes): run for labels, run in found}

    def values(self, metric: Expression, where: Where, diverged: float | None = None, place: str = "metric") -> Values:
        """Return the values of an expression in the selected cells.

        Args:
            metric: the expression.
            where: the selected levels by axis; all levels of an axis that is missing.
            diverged: the value in a diverged run; None if it is not defined.
            place: the key of the expression, for messages.

        Raises:
            ConfigError: A finished run has no such metric, or none of the cells has a run.
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
        """Return True if the highest score is the best, as the study or else the runs declare it."""
        if rule.maximum is not None:
            return rule.maximum
        return bool(rule.by.names) and MetricOrder(run.summary for run in self.runs.values()).maximum(rule.by.names[0])

    def selected(self, where: Where) -> list[Run]:
        """Return the runs of the selected cells."""
        places = [(list(self.axes).index(axis), texts) for axis, texts in where.items()]
        return [run for key, run in self.runs.items() if all(key[place] in texts for place, texts in places)]

    def failure(self, metric: Expression, run: Run) -> float:
        """Return the value of an expression in a failed run, which is as good as the baseline; nan if it is unknown."""
        return metric(lambda name: unless_none(failure_of(run.summary, name), find(run, name), name in run.metrics))

    def step(self, metric: Expression, run: Run) -> float:
        """Return the largest change of an expression if one of its metrics changes by one step; 0 if none is known."""
        largest = 0.0
        for name in metric.names:
            step = resolution_of(run.summary, name)
            if step is not None:
                moved = metric(lambda other, name=name, step=step: self._moved(run, other, name, step))  # type: ignore[misc]
                change = abs(moved - self.value(metric, run))
                largest = max(largest, change) if math.isfinite(change) else largest
        return largest

    def highest(self, metric: Expression, run: Run) -> float:
        """Return the upper bound of a metric: 1 for a share of examples, infinite for others and for expressions."""
        alone = metric.names == (metric.text,)
        return 1.0 if alone and resolution_of(run.summary, metric.text) is not None else math.inf

    def value(self, metric: Expression, run: Run) -> float:
        """Return the value of an expression in one run; nan if a metric is missing."""
        return metric(lambda name: math.nan if (value := find(run, name)) is None else value)

    def _moved(self, run: Run, other: str, name: str, step: float) -> Value:
        value = find(run, other)
        if value is None:
            return math.nan
        return value - step if other == name and isinstance(value, int | float) else value

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


def unless_none(failure: float | None, value: Value | None, measured: bool) -> Value:
    """Return the value of a failed run; a number that is not measured, such as an option, keeps its value."""
    if failure is not None:
        return failure
    return math.nan if measured or value is None else value


def is_late(name: str) -> bool:
    """Return True if a metric is measured at the end of training, which a diverged run does not reach."""
    return "/" in name and not name.startswith(("init/", "seconds/"))


def find(run: Run, name: str) -> Value | None:
    """Return the metric, fact, status or configuration value of a run with a given name; None if there is none."""
    if "*" in name:
        return [value for key, value in run.metrics.items() if fnmatch.fnmatchcase(key, name)] or None
    if name in run.metrics:
        return run.metrics[name]
    if name in STATUSES:
        return float(run.status == name)
    if name in FACTS:
        return run.summary[name]
    group, _, rest = name.partition("/")
    if group == "best" and rest in run.summary["best"]:
        return run.summary["best"][rest]["value"]
    if group in ("baseline", "seconds"):
        return run.summary[group].get(rest)
    value = run.summary["config"].get(name)
    return value if isinstance(value, int | float) else None
