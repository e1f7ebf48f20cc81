"""Looking more than once: the plan of a study has three looks, which share its error rate."""

from __future__ import annotations

ALPHA = 0.05
SHARES = (0.9, 0.05, 0.05)  # of the error rate: nearly all is left for the first look, which is mostly the only one


def alpha_of_look(look: int) -> float:
    """Return the error rate of a look at all claims of a study; the first is 0."""
    return ALPHA * SHARES[look]
