"""Checking the facts of a study in every run, without statistics."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlx.errors import ConfigError
from dlx.study.judge import fold
from dlx.study.judge.grid import Grid
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim, Part, Side, Where
from dlx.study.read.expression import parse
from dlx.study.read.study import Study
from dlx.sweep.cells import Level

CLOSED = ("identity", "equal", "between")  # forms whose region contains its border
UNFINISHED = parse("1 - finished - diverged", "status")  # 1 in a run that failed or was interrupted


def check_facts(study: Study, grid: Grid) -> list[Verdict]:
    """Return the verdicts on all facts of a study: a fact is true if it is true in every run."""
    return [check_fact(fact, grid) for fact in study.facts]


def check_fact(fact: Claim, grid: Grid) -> Verdict:
    """Return the verdict on one fact; of several parts, the one that is false or closest to it.

    A value that is not finite makes the fact false, and so does a diverged run, unless the study defines what it counts
    as. A run that failed leaves the fact unknown, unless another one makes it false.

    Raises:
        ConfigError: A finished run has no such metric, or there are no runs to compare.
    """
    parts = [check_part(fact, part, grid) for part in fact.parts]
    order = ("refuted", "inconclusive", "holds")
    worst = min(parts, key=lambda one: (order.index(one.verdict.verdict), one.slack)).verdict
    statuses = sum((one.verdict.statuses for one in parts), Counter())
    return replace(worst, n=sum(one.verdict.n for one in parts), statuses=statuses)


@dataclass(frozen=True)
class Checked:
    """The check of one part of a fact, with the distance of its worst value to the border of its region."""

    verdict: Verdict
    slack: float


def check_part(fact: Claim, part: Part, grid: Grid) -> Checked:
    """Return the check of one comparison in every run."""
    pairs = Pairs(fact, grid)
    difference, there = pairs.differences(part)
    if not there.any():
        raise ConfigError(f"{fact.where}: no run has both sides of this comparison; study.exclude leaves them out")
    low, high = part.low, part.high
    distance = np.minimum(difference - low, high - difference)  # nan where a value is not finite
    true = (distance >= 0) if fact.expect in CLOSED else (distance > 0)
    false = there & ~true & ~pairs.unfinished
    finite = difference[there & ~np.isnan(difference)]
    scale = math.exp if fact.ratio else float
    verdict = Verdict(fact, "holds", n=int(there.sum()), statuses=pairs.statuses, closest=fact.cell(part))
    slack = -math.inf
    if finite.size:
        slack = float(np.nanmin(distance[there]))
        worst = difference.flat[np.nanargmin(np.where(there, distance, np.nan))]
        verdict = replace(verdict, value=scale(worst), low=scale(finite.min()), high=scale(finite.max()))
    if false.any():
        at = int(np.argmin(np.where(false, np.nan_to_num(distance, nan=-math.inf), math.inf)))
        cells = (fact.cell(part), pairs.cell([int(place) for place in np.unravel_index(at, difference.shape)]))
        undefined = not_finite(fact, int((false & np.isnan(difference)).sum()), verdict.n)
        verdict = replace(verdict, verdict="refuted", closest=", ".join(filter(None, cells)), reason=undefined)
    elif (there & pairs.unfinished).any():
        number = int((there & pairs.unfinished).sum())
        verdict = replace(verdict, verdict="inconclusive", reason=f"{number} runs have failed or not finished")
    return Checked(verdict, slack)


class Pairs:
    """Computes the two sides of a comparison in every run.

    Attributes:
        statuses: number of evaluated runs with each status.
        unfinished: True for a pair of which a run has failed or not finished.
    """

    def __init__(self, fact: Claim, grid: Grid) -> None:
        self.fact, self.grid = fact, grid
        self.statuses: Counter[str] = Counter()
        self.unfinished = np.asarray(False)
        self.levels: dict[str, list[Level]] = {}

    def differences(self, part: Part) -> tuple[np.ndarray, np.ndarray]:
        """Return the difference, or the log ratio, for every run (all axes), and True where both sides exist.

        The difference of two values that are not finite is nan, and so is a ratio of values of which one is not above
        0.
        """
        left, there = self.one(part.left, {})
        right, also = self.one(part.right, {})
        there = there & also
        if self.fact.minus is not None:
            less, less_there = self.one(part.left, self.fact.minus)
            less_right, less_also = self.one(part.right, self.fact.minus)
            there = there & less_there & less_also
            left, right = (left * less_right, right * less) if self.fact.ratio else (left - less, right - less_right)
        with np.errstate(all="ignore"):
            if self.fact.ratio:
                left, right = (np.log(np.where(side > 0, side, np.nan)) for side in (left, right))
            difference = left - right
        there, self.unfinished = (np.broadcast_to(array, difference.shape) for array in (there, self.unfinished))
        return np.where(np.isfinite(difference), difference, np.nan), there

    def one(self, side: Side | float, where: Where) -> tuple[np.ndarray, np.ndarray]:
        """Return one side, nan where it is not finite, and True where it exists; `where` replaces some levels."""
        if isinstance(side, float):
            return np.asarray(side), np.asarray(True)
        fact, where = self.fact, {**side.where, **where}
        values = self.grid.values(side.metric, where, fact.diverged, f"{fact.where}.metric")
        self.statuses.update(values.statuses)
        status = self.grid.values(UNFINISHED, where, None, fact.where)
        failed = replace(status, lost=status.array > 0)
        for rule in fact.reduce:
            values, failed = fold.reduce(values, rule), fold.reduce(failed, rule)
        self.unfinished = self.unfinished | failed.lost
        for axis in values.axes:
            own = [level for level in self.grid.axes[axis] if level.text in where.get(axis, (level.text,))]
            self.levels[axis] = max(self.levels.get(axis, []), own, key=len)
        return np.where(values.lost, np.nan, values.array), values.lost | ~np.isnan(values.array)

    def cell(self, index: Sequence[int]) -> str:
        """Return the cell at an index of the differences in words, such as `arm=he, seed=3`; only axes left open."""
        found = zip(self.levels.items(), index, strict=True)
        return ", ".join(f"{axis}={own[place].text}" for (axis, own), place in found if len(own) > 1)


def not_finite(fact: Claim, number: int, total: int) -> str:
    """Return how many differences have no finite value, as the reason of a verdict; empty if there are none."""
    what = "ratios are not defined (a value is not finite, or not above 0)" if fact.ratio else "values are not finite"
    return f"{number} of {total} {what}" if number else ""
