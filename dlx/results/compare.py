"""Any runs compared: arms by the parameters that differ, mean and interval over seeds, the best one, tests of pairs."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from dlx.errors import ConfigError, nearest
from dlx.results.direction import direction
from dlx.results.intervals import holm, t_half
from dlx.results.runs import SEED_KEYS, Arm, Run, arms

DEFAULT = ("test/accuracy", "test/skill", "test/mse", "test/loss", "val/loss", "train/loss")
SHOWN = 3
ALPHA = 0.05


@dataclass(frozen=True)
class Cell:
    """A metric of an arm: mean, and half the width of its 95 % interval over seeds (nan with one run)."""

    mean: float
    half: float
    values: Sequence[float]


@dataclass(frozen=True)
class Row:
    """An arm: its parameters, its runs, its metrics."""

    parameters: Mapping[str, Any]
    arm: Arm
    cells: Mapping[str, Cell]

    @property
    def statuses(self) -> Counter[str]:
        """Count its runs by status."""
        return Counter(run.status for run in self.arm.runs)


@dataclass(frozen=True)
class PairTest:
    """Two arms on one metric.

    Attributes:
        first: number of a row.
        second: number of another.
        difference: of the means.
        p: of a t test, paired where both have the same seeds (else Welch's), adjusted by Holm.
        paired: whether it is a paired one.
    """

    first: int
    second: int
    difference: float
    p: float
    paired: bool


@dataclass(frozen=True)
class Comparison:
    """A table of arms.

    Attributes:
        keys: the parameters that tell them apart.
        metrics: the columns.
        rows: the arms.
        repeated: runs left out because an equal one is there: repeating a run makes no second seed of it.
    """

    keys: Sequence[str]
    metrics: Sequence[str]
    rows: Sequence[Row]
    repeated: int

    def best(self, metric: str) -> int | None:
        """Return the number of the best arm by a metric; None where no arm has it."""
        means = [row.cells[metric].mean for row in self.rows]
        there = [i for i, mean in enumerate(means) if math.isfinite(mean)]
        pick = max if direction(metric) == "max" else min
        return pick(there, key=lambda i: means[i]) if len(there) > 1 else None

    def tests(self, metric: str) -> list[PairTest]:
        """Test every pair of arms on a metric."""
        found = []
        for (i, a), (j, b) in itertools.combinations(enumerate(self.rows), 2):
            first, second = by_seed(a.arm, metric), by_seed(b.arm, metric)
            shared = sorted(first.keys() & second.keys(), key=str)
            paired = len(shared) > 1 and len(shared) == len(first) == len(second)
            x, y = list(first.values()), list(second.values())
            if paired:
                x, y = [first[seed] for seed in shared], [second[seed] for seed in shared]
            if min(len(x), len(y)) > 1:
                found.append(PairTest(i, j, float(np.mean(x) - np.mean(y)), p_of(x, y, paired), paired))
        adjusted = holm([test.p for test in found])
        return [PairTest(t.first, t.second, t.difference, p, t.paired) for t, p in zip(found, adjusted, strict=True)]


def p_of(x: Sequence[float], y: Sequence[float], paired: bool) -> float:
    """Return p of a t test; equal differences are certain."""
    differences = np.subtract(x, y) if paired else np.array([np.ptp(x), np.ptp(y)])
    if np.ptp(differences) == 0 and (paired or differences.max() == 0):
        return 1.0 if np.mean(x) == np.mean(y) else 0.0
    return float((stats.ttest_rel(x, y) if paired else stats.ttest_ind(x, y, equal_var=False)).pvalue)


def by_seed(arm: Arm, metric: str) -> dict[Any, float]:
    """Return a metric by what tells the runs of an arm apart: seed, fold, streams."""
    found = {}
    for run in arm.runs:
        if metric in run.metrics and math.isfinite(run.metrics[metric]):
            flat = run.summary.get("config", {})
            found[tuple(flat.get(key) for key in SEED_KEYS)] = float(run.metrics[metric])
    return found


def compare(runs: Sequence[Run], by: Sequence[str] = (), metrics: Sequence[str] = ()) -> Comparison:
    """Compare runs.

    Args:
        runs: any.
        by: keys whose values make the arms; all that differ where none is said.
        metrics: columns; the first of the usual ones that the runs have where none is said.

    Raises:
        ConfigError: there is no run, or no run has a key or a metric.
    """
    once = unique(runs)
    if not once:
        raise ConfigError("report: no run lies here; dlx train makes some")
    known = dict.fromkeys(name for run in once for name in run.metrics)
    for metric in metrics:
        if metric not in known:
            raise ConfigError(f"--metric: no run has the metric {metric!r}{nearest(metric, known)}")
    columns = list(metrics) or [name for name in DEFAULT if name in known][:SHOWN] or list(known)[:SHOWN]
    if by:
        keys, groups = list(by), group(once, by)
    else:
        keys, groups = arms(once)
    rows = [Row(arm.parameters, arm, {name: cell(arm, name) for name in columns}) for arm in groups]
    return Comparison(keys, columns, rows, len(runs) - len(once))


def unique(runs: Sequence[Run]) -> list[Run]:
    """Return each run once by its identity, the finished one where there are several."""
    found: dict[str, Run] = {}
    for run in runs:
        former = found.get(run.identity)
        if former is None or (former.status != "finished" and run.status == "finished"):
            found[run.identity] = run
    return list(found.values())


def group(runs: Sequence[Run], by: Sequence[str]) -> list[Arm]:
    """Group runs by the values of some keys.

    Raises:
        ConfigError: no run has such a key.
    """
    flats = [run.comparable for run in runs]
    known = dict.fromkeys(key for flat in flats for key in flat)
    for key in by:
        if key not in known:
            raise ConfigError(f"--by: no run has the key {key!r}{nearest(key, known)}")
    groups: dict[str, tuple[dict[str, Any], list[Run]]] = {}
    for flat, run in zip(flats, runs, strict=True):
        own = {key: flat.get(key, "") for key in by}
        groups.setdefault(repr(own), (own, []))[1].append(run)
    return [Arm(own, found) for own, found in groups.values()]


def cell(arm: Arm, metric: str) -> Cell:
    """Return a metric of an arm over the runs that have it; what is not finite is left out and shows in the status."""
    values = [value for value in arm.values(metric) if math.isfinite(value)]
    if not values:
        return Cell(math.nan, math.nan, values)
    half = float(t_half(np.std(values, ddof=1), len(values), ALPHA)) if len(values) > 1 else math.nan
    return Cell(float(np.mean(values)), half, values)
