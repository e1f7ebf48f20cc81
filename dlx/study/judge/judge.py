"""Judging the claims of a study by its runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dlx.study.judge import folds
from dlx.study.judge.controls import check_controls
from dlx.study.judge.decide import Judged, Tested, holm, interval, needed
from dlx.study.judge.failing import RATE, apart, enough
from dlx.study.judge.grid import Grid
from dlx.study.judge.looks import ALPHA, alpha_of_look, share_of_next
from dlx.study.judge.methods import UnjudgedError, compare
from dlx.study.judge.sides import Sample, Sides
from dlx.study.judge.spread import SPREADS
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim, Part, Side
from dlx.study.read.study import Study
from dlx.sweep.cells import SEED

UNFINISHED = ("failed", "interrupted", "running")


@dataclass(frozen=True)
class Found:
    """The two sides of one part of a claim.

    Attributes:
        part: the comparison.
        left: its left side.
        right: its right side.
        reason: the reason if they cannot be compared.
    """

    part: Part
    left: Sample
    right: Sample
    reason: str = ""

    @property
    def n(self) -> int:
        """The number of statistical units."""
        return np.size(self.left.values)


@dataclass(frozen=True)
class Terms:
    """The terms under which all claims of a study are judged.

    Attributes:
        enough: number of seeds that would show a failure rate of one in five.
        next_look: the error rate of the next look, divided by that of this one.
    """

    enough: int
    next_look: float


@dataclass
class Case:
    """A claim with its sides, and the evidence on its parts once they are compared."""

    claim: Claim
    found: list[Found]
    statuses: Counter[str]
    reason: str = ""
    parts: list[Judged] = field(default_factory=list)

    @property
    def tests(self) -> tuple[float, float]:
        """The p-values for `holds` and for `refuted`."""
        if self.reason:
            return 1.0, 1.0
        tested = Tested(self.parts)
        return tested.holds(), tested.refuted()


def judge(study: Study, grid: Grid, look: int = 0) -> list[Verdict]:
    """Return the verdicts on all claims of a study; a wrong one among them has a probability of 5 % at most.

    Args:
        study: the study.
        grid: its runs.
        look: number of earlier looks at fewer seeds; see `dlx.study.judge.looks`.
    """
    return judge_claims(study.claims, grid, study.replicate, look)


def judge_claims(claims: Sequence[Claim], grid: Grid, replicate: str, look: int = 0) -> list[Verdict]:
    """Return the verdicts on claims, simultaneously by Holm's method; none for a study of facts alone."""
    if not claims:
        return []
    alpha = alpha_of_look(look)
    cases = [case_of(claim, grid, replicate) for claim in claims]
    failures, terms = visible_failures(cases), Terms(enough(len(cases)), share_of_next(look))
    for case in cases:
        weigh(case, grid, replicate, failures, terms.enough)
    steps = holm([case.tests for case in cases], alpha)
    verdicts = [
        verdict_on(case, word, min(1.0, p * ALPHA / alpha), step, terms)
        for case, (word, p, step) in zip(cases, steps, strict=True)
    ]
    return check_controls(verdicts)


def case_of(claim: Claim, grid: Grid, replicate: str) -> Case:
    """Return a claim with its sides, and the reason if they cannot be judged."""
    sides = Sides(claim, grid, replicate)
    found = [Found(part, *sides.both(part)) for part in claim.parts]
    return Case(claim, found, sides.statuses, reason_of(sides) or same_runs(claim, grid))


def same_runs(claim: Claim, grid: Grid) -> str:
    """Return the reason if a claim compares a metric of some runs with itself; empty if it does not."""
    for part in claim.parts:
        if isinstance(part.right, Side) and part.left.metric == part.right.metric and claim.minus is None:
            first, second = ({id(run) for run in grid.selected(side.where)} for side in (part.left, part.right))
            if first == second:
                return "both sides are the same runs, so that no seed can change it; choose cells that differ"
    return ""


def reason_of(sides: Sides) -> str:
    """Return why the sides cannot be judged; empty if they can."""
    unfinished = sum(sides.statuses[status] for status in UNFINISHED)
    if unfinished:
        return f"{unfinished} runs have failed or not finished"
    if not sides.lost:
        return ""
    diverged = sides.statuses["diverged"]
    more = f"; {diverged} runs diverged, and study.diverged does not say what they count as" if diverged else ""
    return f"{sides.lost} values are not finite{more}"


def visible_failures(cases: Sequence[Case]) -> dict[str, list[float]]:
    """Return the values of failed runs by metric, for metrics without a baseline of which some runs are far apart."""
    found: dict[str, list[float]] = {}
    for case in cases:
        if case.reason or case.claim.share:
            continue
        for one in case.found:
            for side, sample in ((one.part.left, one.left), (one.part.right, one.right)):
                if isinstance(side, Side) and not sample.failures and not isinstance(sample.values, float):
                    found.setdefault(side.metric.text, []).extend(apart(sample.values))
    return found


def weigh(case: Case, grid: Grid, replicate: str, failures: Mapping[str, Sequence[float]], shown: int) -> None:
    """Compare the sides of a claim, or set the reason if that is impossible."""
    if case.reason:
        return
    for one in case.found:
        inflation = 1.0 if replicate == SEED else folds.inflation(one.n, grid.runs.values())
        try:
            compared = compare(case.claim, *known(one, failures), inflation, shown)
        except UnjudgedError as error:
            case.reason = str(error)
            return
        case.parts.append(Judged(one.part, compared, one.n))


def known(one: Found, failures: Mapping[str, Sequence[float]]) -> tuple[Sample, Sample]:
    """Return the two sides, with the lowest and the highest value of failed runs that are visible in the study."""

    def complete(side: Side | float, sample: Sample) -> Sample:
        values = failures.get(side.metric.text) if isinstance(side, Side) and not sample.failures else None
        return replace(sample, failures=(min(values), max(values))) if values else sample

    return complete(one.part.left, one.left), complete(one.part.right, one.right)


def verdict_on(case: Case, word: str, p: float, alpha: float, terms: Terms) -> Verdict:
    """Return the verdict on a claim.

    Args:
        case: the claim, its sides and the evidence.
        word: holds, refuted or inconclusive.
        p: its adjusted p-value.
        alpha: the error rate at which it was tested.
        terms: what holds for all claims of the study.
    """
    claim = case.claim
    if case.reason:
        return unjudged(case, alpha)
    worst = min(case.parts, key=lambda part: part.gap())
    if word == "refuted":
        worst = min(case.parts, key=lambda part: part.refuted())
    elif word == "inconclusive":
        worst = max(case.parts, key=lambda part: part.holds())
    low, high, level = interval(worst, word, alpha, len(case.parts))
    scale = math.exp if claim.ratio else float
    verdict = Verdict(
        claim,
        word,
        value=scale(worst.compared.evidence.value),
        low=scale(low),
        high=scale(high),
        n=worst.n,
        level=level,
        p=p,
        sides=worst.compared.sides,
        statuses=case.statuses,
        closest=claim.cell(worst.part) if len(case.parts) > 1 else "",
    )
    return undecided(verdict, worst, alpha, terms) if word == "inconclusive" else verdict


def unjudged(case: Case, alpha: float) -> Verdict:
    """Return the verdict on a claim that could not be judged, with the statistics of its sides if there are any."""
    claim, first = case.claim, case.found[0]
    statistic = SPREADS[claim.across] if claim.across in SPREADS and first.n > 1 else np.mean
    left, right = (
        side.values if isinstance(side.values, float) else float(statistic(side.values))
        for side in (first.left, first.right)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.divide(left, right)) if claim.ratio else left - right
    verdict = Verdict(claim, "inconclusive", n=first.n, level=1 - alpha, statuses=case.statuses, p=1.0)
    return replace(verdict, reason=case.reason, value=value, sides=(left, right))


def undecided(verdict: Verdict, part: Judged, alpha: float, terms: Terms) -> Verdict:
    """Return an inconclusive verdict with its reason and the number of seeds that would decide."""
    number, reason, n = needed(part, alpha * terms.next_look), "", part.n
    if part.by_first() <= alpha:
        if not part.compared.failing:
            reason = f"the values are too skewed for {n} seeds"
        elif n < terms.enough:
            number = terms.enough
            reason = (
                f"a failing run could change it: {n} seeds miss a failure rate of one in five with a probability of "
                f"{(1 - RATE) ** n:.0%}"
            )
        else:
            reason = "runs have failed, and one more would change it"
    return replace(verdict, needed=number, reason=reason)
