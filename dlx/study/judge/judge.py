"""Judging the claims of a study by its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dlx.errors import ConfigError
from dlx.results import intervals
from dlx.study.judge import fold
from dlx.study.judge.decide import STATISTICS, by_interval, by_share, least_units
from dlx.study.judge.grid import Grid, Values
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim, Part, Side, Where
from dlx.study.read.study import Study
from dlx.sweep.cells import SEED

ALPHA = 0.05
UNFINISHED = ("failed", "interrupted", "running")


def judge(study: Study, grid: Grid) -> list[Verdict]:
    """Return the verdicts on all claims of a study, simultaneously at 95 %."""
    alpha = alpha_of(study)
    verdicts = [judge_claim(claim, grid, study.replicate, alpha) for claim in study.claims]
    tested = [verdict for verdict in verdicts if verdict.p is not None]
    for verdict, adjusted in zip(tested, intervals.holm([v.p for v in tested if v.p is not None]), strict=True):
        verdict.p = adjusted
    return verdicts


def alpha_of(study: Study) -> float:
    """Return the error rate of each claim (Bonferroni over all claims)."""
    return ALPHA / max(1, len(study.claims))


def require_seeds(study: Study) -> None:
    """Refuse a study with too few seeds for a verdict on one of its claims.

    Raises:
        ConfigError: There are too few seeds; the message names the claim and the number of seeds that it needs.
    """
    alpha = alpha_of(study)
    for claim in study.claims:
        least = least_units(claim, alpha)
        if study.units < least:
            what = "seeds" if study.replicate == SEED else f"levels of {study.replicate}"
            raise ConfigError(
                f"{claim.where}: {study.units} {what} can never lead to a verdict (simultaneous at 95 % over "
                f"{len(study.claims)} claims); it takes {least} at least"
            )


def judge_claim(claim: Claim, grid: Grid, replicate: str, alpha: float) -> Verdict:
    """Return the verdict on one claim: it holds if all its parts hold, and a refuted part refutes it."""
    parts = [judge_part(claim, part, grid, replicate, alpha) for part in claim.parts]
    if len(parts) == 1:
        return parts[0]
    order = ("refuted", "inconclusive", "holds")
    worst = min(parts, key=lambda verdict: (order.index(verdict.verdict), -(verdict.p or 0)))
    needed = [verdict.needed for verdict in parts if verdict.needed is not None]
    p = None if worst.p is None else max(verdict.p or 0 for verdict in parts)
    statuses = sum((verdict.statuses for verdict in parts), Counter())
    return replace(worst, p=p, needed=(0 if 0 in needed else max(needed)) if needed else None, statuses=statuses)


def judge_part(claim: Claim, part: Part, grid: Grid, replicate: str, alpha: float) -> Verdict:
    """Return the verdict on one comparison."""
    found = Sides(claim, grid, replicate)
    left, right = found.both(part)
    verdict = Verdict(claim, "inconclusive", n=left.shape[-1], level=1 - alpha, statuses=found.statuses)
    unfinished = sum(found.statuses[status] for status in UNFINISHED)
    if unfinished:
        return replace(verdict, reason=f"{unfinished} runs have failed or not finished")
    if found.lost:
        reason = f"{found.lost} values are not finite"
        if found.statuses["diverged"]:
            reason += (
                f"; {found.statuses['diverged']} runs diverged, and study.diverged does not say what they count as"
            )
        return replace(verdict, reason=reason)
    if claim.share:
        return by_share(verdict, part, left, right, alpha)
    if claim.ratio and claim.across not in STATISTICS and ((left <= 0).any() or (right <= 0).any()):
        return replace(verdict, reason="a ratio needs values above 0")
    difference, verdict.sides = compare(claim, left, right)
    return by_interval(verdict, part, difference, alpha, len(claim.parts))


class Sides:
    """Computes the two sides of a comparison, as one number for each seed.

    Attributes:
        statuses: number of evaluated runs with each status.
        lost: number of values that are not finite.
    """

    def __init__(self, claim: Claim, grid: Grid, replicate: str) -> None:
        self.claim, self.grid, self.replicate = claim, grid, replicate
        self.statuses: Counter[str] = Counter()
        self.lost = 0

    def both(self, part: Part) -> tuple[np.ndarray, np.ndarray]:
        """Return the left and the right side; an interaction subtracts those of the same comparison at other levels."""
        left, right = self.one(part.left, {}), self.one(part.right, {})
        if self.claim.minus is None:
            return left, right
        less, less_right = self.one(part.left, self.claim.minus), self.one(part.right, self.claim.minus)
        if self.claim.ratio:
            return left * less_right, right * less
        return left - less, right - less_right

    def one(self, side: Side | float, where: Where) -> np.ndarray:
        """Return one side; `where` replaces the levels of some axes."""
        if isinstance(side, float):
            return np.asarray(side)
        values = self.folded(side, {**side.where, **where})
        self.statuses.update(values.statuses)
        self.lost += int(values.lost.sum())
        return fold.by_unit(values, self.replicate)

    def folded(self, side: Side, where: Where) -> Values:
        """Return the values of a side after `choose` and `reduce`."""
        claim = self.claim
        key = "share" if claim.share else "metric"
        values = self.grid.values(side.metric, where, claim.diverged, f"{claim.where}.{key}")
        if claim.truth is not None:
            truth = self.grid.values(claim.truth, where, claim.diverged, f"{claim.where}.across.truth")
            values = replace(values, array=values.array - truth.array, lost=values.lost | truth.lost)
        if claim.choose is not None:
            scores = self.grid.values(claim.choose.by, where, None, f"{claim.where}.choose.by")
            values = fold.choose(values, scores, claim.choose, self.grid.maximum(claim.choose), self.replicate)
        for rule in claim.reduce:
            values = fold.reduce(values, rule)
        return values


def compare(claim: Claim, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Return the differences to judge, possibly of logarithms or pseudo-values, and the mean of each side."""
    statistic = STATISTICS.get(claim.across)
    scale: Callable[[np.ndarray], np.ndarray] = np.log if claim.ratio else np.asarray
    if statistic is None:
        centre = np.nanmedian if claim.across == "median" else np.nanmean
        return scale(left) - scale(right), (float(centre(left)), float(centre(right)))

    def pseudo(x: np.ndarray) -> np.ndarray:
        return intervals.pseudo_values(x, lambda v: scale(statistic(v))) if x.ndim else scale(x)

    own = [float(statistic(x)) if x.ndim else float(x) for x in (left, right)]
    return pseudo(left) - pseudo(right), (own[0], own[1])
