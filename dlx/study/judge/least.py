"""The smallest number of seeds with which a claim can hold at all."""

from __future__ import annotations

import numpy as np

from dlx.errors import ConfigError
from dlx.study.judge.decide import Judged
from dlx.study.judge.looks import alpha_of_look
from dlx.study.judge.methods import compare
from dlx.study.judge.sides import Sample
from dlx.study.judge.spread import SPREADS
from dlx.study.read.claim import Claim
from dlx.study.read.study import Study
from dlx.sweep.cells import SEED

LEAST, LEAST_SPREAD = 3, 10  # the fewest units for a mean, and for a standard deviation
MOST = 500


def require_seeds(study: Study) -> None:
    """Refuse a study with too few seeds for a verdict on one of its claims.

    Raises:
        ConfigError: There are too few seeds; the message names the claim and the number of seeds that it needs.
    """
    for claim in study.claims:
        least = least_units(claim)
        if study.units < least:
            what = "seeds" if study.replicate == SEED else f"levels of {study.replicate}"
            raise ConfigError(
                f"{claim.where}: {study.units} {what} can never lead to a verdict; it takes {least} at least"
            )


def least_units(claim: Claim) -> int:
    """Return the smallest number of statistical units with which a claim can hold."""
    if claim.across in SPREADS:
        return LEAST_SPREAD
    if not claim.share and claim.across != "median":
        return LEAST
    return next((n for n in range(2, MOST) if any(can_hold(claim, values) for values in extremes(claim, n))), MOST)


def extremes(claim: Claim, n: int) -> list[tuple[np.ndarray, np.ndarray | float]]:
    """Return the samples of n units that are the farthest from each other, and those that are as equal as can be."""
    part, one, zero = claim.parts[0], np.ones(n), np.zeros(n)
    if claim.share and isinstance(part.right, float):
        return [(np.arange(n) < k, part.right) for k in range(n + 1)]
    return [(one, zero), (zero, one), (one, one)]


def can_hold(claim: Claim, values: tuple[np.ndarray, np.ndarray | float]) -> bool:
    """Return True if a claim on shares holds for these values; a median holds if all differences lie inside."""
    part, (left, right) = claim.parts[0], values
    if not claim.share:
        return 2 * 0.5 ** len(left) <= alpha_of_look(0)
    judged = Judged(part, compare(claim, Sample(left * 1.0), Sample(right)), len(left))
    return judged.holds() <= alpha_of_look(0)
