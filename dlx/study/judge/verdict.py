"""The verdict on a claim, and on a study."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dlx.study.read.claim import Claim


@dataclass
class Verdict:
    """The verdict on a claim.

    Attributes:
        verdict: holds, refuted or inconclusive.
        value: the estimate: a difference, a ratio where the claim is one, a share.
        low: lower bound of its simultaneous interval.
        high: upper bound of it.
        n: seeds (or folds).
        level: of the interval, e.g. 0.975 with two claims.
        p: Holm's adjusted p of "it does not hold"; None for exact claims.
        needed: seeds that would decide an inconclusive claim; None where it is decided, 0 where no number would.
        bca: the bootstrap's interval beside it.
        reason: why there is no verdict, or what is to be known about it.
        sides: means of the left and of the right side.
        statuses: of the runs that were looked at.
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
    bca: tuple[float, float] | None = None
    reason: str = ""
    sides: tuple[float, float] = (math.nan, math.nan)
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def as_expected(self) -> bool:
        """Return whether it is the verdict that the study expects."""
        return self.verdict == self.claim.expected


def inside(low: float, high: float, least: float, most: float) -> str:
    """Return holds, refuted or inconclusive for an interval inside a region, outside of it, or across its border."""
    if low > least and high < most:
        return "holds"
    return "refuted" if high < least or low > most else "inconclusive"


def verdict_of(verdicts: Sequence[Verdict]) -> str:
    """Return the verdict of a whole study, over the claims that are no myths; over the myths where all are."""
    own = [v for v in verdicts if v.claim.expected == "holds" and not v.claim.control]
    effects = own or [v for v in verdicts if not v.claim.control] or list(verdicts)
    words: list[Any] = [v.verdict for v in effects]
    if "refuted" in words:
        return "refuted"
    controls = all(v.as_expected for v in verdicts if v.claim.control)
    return "holds" if controls and all(word == "holds" for word in words) else "inconclusive"
