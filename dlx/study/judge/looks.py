"""Looking more than once: the plan of a study has three looks, which share its error rate."""

from __future__ import annotations

ALPHA = 0.05
SHARES = (0.95, 0.025, 0.025)  # of the error rate: nearly all is left for the first look, which is mostly the only one


def alpha_of_look(look: int) -> float:
    """Return the error rate of a look at all claims of a study; the first is 0."""
    return ALPHA * SHARES[look]


def share_of_next(look: int) -> float:
    """Return the error rate of the look after a given one, divided by that of this one; 1 after the last."""
    return SHARES[min(look + 1, len(SHARES) - 1)] / SHARES[look]
