"""The verdicts on claims and studies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dlx.study.read.claim import Claim

TRUTH = {"holds": "true", "refuted": "false", "inconclusive": "unknown"}


@dataclass
class Verdict:
    """The verdict on a claim, or on a fact.

    Attributes:
        claim: the claim.
        verdict: holds, refuted or inconclusive; a fact holds if it is true in every run.
        value: the estimate: a difference, a ratio or a share.
        low: lower bound of its interval.
        high: upper bound of its interval.
        n: number of seeds or folds; of a fact, the number of runs, or pairs of runs, in which it was checked.
        level: level of the interval, which shows the verdict: 1 minus the error rate of the claim's step in Holm's
            method, or 1 minus twice that rate for the two one-sided tests of an equality.
        p: p-value of the verdict, adjusted by Holm's method and for further looks, so that it is below 0.05 exactly if
            the claim is decided; None for facts.
        needed: number of seeds that would decide an inconclusive claim with a power of 80 %; None if it is decided, 0
            if 10,000 would not.
        reason: the reason if the claim could not be judged.
        sides: the means of the left and the right side.
        statuses: number of evaluated runs with each status.
        closest: the cell of the part that is closest to the border of its region, such as `model.depth=20`, if there
            are several; for a false fact, the cell and the run that contradict it.
    """

    claim: Claim
    verdict: str
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    level: float = 1.0
    p: float | None = None
    needed: int | None = None
    reason: str = ""
    sides: tuple[float, float] = (math.nan, math.nan)
    statuses: Counter[str] = field(default_factory=Counter)
    closest: str = ""

    @property
    def word(self) -> str:
        """The verdict as it is printed: holds, refuted or inconclusive; of a fact true, false or unknown."""
        return TRUTH[self.verdict] if self.claim.fact else self.verdict

    @property
    def as_expected(self) -> bool:
        """True if the verdict is the one that the study expects."""
        return self.verdict == self.claim.expected


def inside(low: float, high: float, least: float, most: float) -> str:
    """Return holds for an interval inside a region, refuted for one outside, and inconclusive across its border."""
    if low > least and high < most:
        return "holds"
    return "refuted" if high < least or low > most else "inconclusive"


def verdict_of(verdicts: Sequence[Verdict]) -> str:
    """Return the verdict on a study: that on its claims other than myths and controls, or on its myths without such."""
    own = [v for v in verdicts if v.claim.expected == "holds" and not v.claim.control]
    effects = own or [v for v in verdicts if not v.claim.control] or list(verdicts)
    words: list[Any] = [v.verdict for v in effects]
    if "refuted" in words:
        return "refuted"
    controls = all(v.as_expected for v in verdicts if v.claim.control)
    return "holds" if controls and all(word == "holds" for word in words) else "inconclusive"


def word_of(claims: Sequence[Verdict], facts: Sequence[Verdict]) -> str:
    """Return the verdict on a study as it is printed: that on its claims, or of a study of facts alone on its facts."""
    return verdict_of(claims) if claims else TRUTH[verdict_of(facts)]
