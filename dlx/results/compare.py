"""Comparison of runs: arms by differing parameters, mean and interval over seeds, and tests of pairs of arms."""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from dlx.errors import ConfigError, nearest
from dlx.results.arms import SEED_KEYS, Arm, arms, group
from dlx.results.intervals import holm, p_text, t_half
from dlx.results.metric_info import MetricOrder
from dlx.results.runs import Run
from dlx.results.table import HALF, ArmsTable, Estimate, Row, best_of, value_text

SHOWN = 3
ALPHA = 0.05


@dataclass(frozen=True)
class PairTest:
    """A t test of two arms on one metric.

    Attributes:
        first: index of the first arm.
        second: index of the second arm.
        difference: mean of the first arm minus that of the second.
        p: the p-value, adjusted for all pairs (Holm 1979).
        paired: True for a paired test, if both arms have the same seeds; False for Welch's test.
    """

    first: int
    second: int
    difference: float
    p: float
    paired: bool


@dataclass(frozen=True)
class Comparison:
    """Arms with their metrics.

    Attributes:
        keys: the parameters in which the arms differ.
        metrics: the metrics to compare.
        arms: the arms.
        order: the better direction of each metric.
        repeated: number of runs that are left out as duplicates; a repeated run is not a further seed.
        outdated: number of runs that are left out because an earlier version of their model has trained them.
        mixed: True if the arms have different tasks, so that none is the best.
    """

    keys: Sequence[str]
    metrics: Sequence[str]
    arms: Sequence[Arm]
    order: MetricOrder
    repeated: int
    outdated: int = 0
    mixed: bool = False

    @property
    def table(self) -> ArmsTable:
        """Return the table of means and half-widths of the 95 % intervals, for each metric of each arm."""
        rows = [
            Row(
                [arm.parameters.get(key, "") for key in self.keys],
                len(arm.runs),
                [estimate(arm, metric) for metric in self.metrics],
                arm.statuses,
                [str(run.folder) for run in arm.runs],
            )
            for arm in self.arms
        ]
        return ArmsTable(self.keys, self.metrics, rows, HALF, best_arms(self, rows))

    def tests(self, metric: str) -> list[PairTest]:
        """Test every pair of arms on a metric."""
        found = []
        for (i, a), (j, b) in itertools.combinations(enumerate(self.arms), 2):
            first, second = by_seed(a, metric), by_seed(b, metric)
            shared = sorted(first.keys() & second.keys(), key=str)
            paired = len(shared) > 1 and len(shared) == len(first) == len(second)
            x, y = list(first.values()), list(second.values())
            if paired:
                x, y = [first[seed] for seed in shared], [second[seed] for seed in shared]
            if min(len(x), len(y)) > 1:
                found.append(PairTest(i, j, float(np.mean(x) - np.mean(y)), p_of(x, y, paired), paired))
        adjusted = holm([test.p for test in found])
        return [PairTest(t.first, t.second, t.difference, p, t.paired) for t, p in zip(found, adjusted, strict=True)]


def best_arms(comparison: Comparison, rows: Sequence[Row]) -> list[int | None]:
    """Return the index of the best arm for each metric; None where none is to be marked.

    The test split must not choose: where a validation metric is shown, the best on the test split is not marked. Losses
    of different objectives are not compared.
    """
    validated = any(metric.startswith("val/") for metric in comparison.metrics)
    objectives = {
        str(run.parameters.get("objective.loss", run.parameters.get("objective")))
        for arm in comparison.arms
        for run in arm.runs
    }
    found: list[int | None] = []
    for place, metric in enumerate(comparison.metrics):
        hidden = validated and metric.startswith("test/")
        unlike = metric.endswith("/loss") and len(objectives) > 1
        means = [row.estimates[place].mean for row in rows]
        unfit = comparison.mixed or hidden or unlike
        found.append(None if unfit else best_of(means, comparison.order.better(metric)))
    return found


def p_of(x: Sequence[float], y: Sequence[float], paired: bool) -> float:
    """Return the p-value of a t test; if there is no variance, 1 for equal means and otherwise 0."""
    differences = np.subtract(x, y) if paired else np.array([np.ptp(x), np.ptp(y)])
    if np.ptp(differences) == 0 and (paired or differences.max() == 0):
        return 1.0 if np.mean(x) == np.mean(y) else 0.0
    return float((stats.ttest_rel(x, y) if paired else stats.ttest_ind(x, y, equal_var=False)).pvalue)


def by_seed(arm: Arm, metric: str) -> dict[Any, float]:
    """Return the finite values of a metric by the seeds of their runs, i.e. the values of `SEED_KEYS`."""
    found = {}
    for run in arm.runs:
        if metric in run.metrics and math.isfinite(run.metrics[metric]):
            flat = run.summary["config"]
            found[tuple(flat.get(key) for key in SEED_KEYS)] = float(run.metrics[metric])
    return found


def compare(runs: Sequence[Run], by: Sequence[str] = (), metrics: Sequence[str] = ()) -> Comparison:
    """Return a comparison of runs, grouped into arms; runs of an earlier revision of their model are left out.

    Args:
        runs: the runs to compare.
        by: the keys that define the arms; by default all keys in which the runs differ.
        metrics: names or patterns such as `test/*`; by default the first headline metrics of the runs.

    Raises:
        ConfigError: There is no run, or no run has a given key or metric.
    """
    current = [run for run in runs if not run.outdated]
    once = unique(current)
    if runs and not once:
        raise ConfigError(
            f"report: the {len(runs)} runs here were trained by an earlier version of their model or dataset; "
            "train them again (their old numbers: dlx.load_results)"
        )
    if not once:
        raise ConfigError("report: no runs found here; start one with dlx train")
    order = MetricOrder(run.summary for run in once)
    known = list(dict.fromkeys(name for run in once for name in run.metrics))
    columns = chosen(metrics, known) or order.headline(known, ("val", "train"), SHOWN, SHOWN)
    if by:
        keys, groups = list(by), arms_by(once, by)
    else:
        keys, groups = arms(once)
    return Comparison(keys, columns, groups, order, len(current) - len(once), len(runs) - len(current))


def chosen(wanted: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return the metrics that match the names and patterns.

    Raises:
        ConfigError: No run has such a metric; the message names the nearest one.
    """
    found: dict[str, None] = {}
    for name in wanted:
        matching = [metric for metric in known if fnmatch.fnmatchcase(metric, name)]
        if not matching:
            raise ConfigError(f"--metric: no run has the metric {name!r}{nearest(name, known)}")
        found |= dict.fromkeys(matching)
    return list(found)


def unique(runs: Sequence[Run]) -> list[Run]:
    """Return one run for each identity; if there are several, one that has finished."""
    found: dict[str, Run] = {}
    for run in runs:
        former = found.get(run.identity)
        if former is None or (former.status != "finished" and run.status == "finished"):
            found[run.identity] = run
    return list(found.values())


def arms_by(runs: Sequence[Run], by: Sequence[str]) -> list[Arm]:
    """Return arms that differ in the given keys; other parameters are pooled.

    Raises:
        ConfigError: No run has such a key.
    """
    known = dict.fromkeys(key for run in runs for key in run.comparable)
    for key in by:
        if key not in known:
            raise ConfigError(f"--by: no run has the key {key!r}{nearest(key, known)}")
    return group([(run.comparable, run) for run in runs], by)


def estimate(arm: Arm, metric: str) -> Estimate:
    """Return the mean of a metric over the runs of an arm, and half of its 95 % interval.

    Values that are not finite are left out; the status of their runs shows them.
    """
    values = [value for value in arm.values(metric) if math.isfinite(value)]
    if not values:
        return Estimate(math.nan, math.nan)
    half = float(t_half(np.std(values, ddof=1), len(values), ALPHA)) if len(values) > 1 else math.nan
    return Estimate(float(np.mean(values)), half, values)


def levels(arm: Arm, keys: Sequence[str]) -> dict[str, str]:
    """Return the values of keys in an arm as they are typed, without those that its runs do not have."""
    return {key: value_text(arm.parameters[key]) for key in keys if arm.parameters.get(key, "") != ""}


def named(arm: Arm, keys: Sequence[str]) -> str:
    """Return keys with their values in an arm, in words."""
    return " ".join(f"{key}={value}" for key, value in levels(arm, keys).items())


def test_lines(comparison: Comparison, metric: str) -> list[str]:
    """Return a sentence for each pair of arms, with the statistics in parentheses."""
    names = [named(arm, comparison.keys) for arm in comparison.arms]
    lines = []
    for test in comparison.tests(metric):
        first, second = names[test.first], names[test.second]
        figures = f"difference {test.difference:+.4g}, {p_text(test.p)}, {'paired' if test.paired else 'Welch'}, Holm"
        if test.p >= ALPHA:
            lines.append(f"{first} and {second} do not differ measurably ({figures})")
        else:
            lines.append(f"{first} is {'higher' if test.difference > 0 else 'lower'} than {second} ({figures})")
    return lines
