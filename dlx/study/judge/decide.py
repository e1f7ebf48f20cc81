"""From evidence to a verdict: the p-value of a claim, Holm's steps over the claims of a study, the interval, the seeds.

A claim states that a parameter lies in an open region. It *holds* if the hypothesis that the parameter lies outside can
be rejected, and is *refuted* if the hypothesis that it lies inside can. For a region with one border, such as
`greater`, each of the two directions has half of the error rate, as in a two-sided test. For a region with two borders,
such as `equal`, it holds by two one-sided tests at the whole error rate (Schuirmann 1987), and an eighth of it is left
for refuting it beyond each border. Exactly on a border of such a region, `holds` (which is wrong there) and `refuted`
(which is right) together have at most 9/8 of the error rate.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from dlx.results import intervals
from dlx.study.judge.methods import Compared
from dlx.study.read.claim import Part

POWER = 0.8  # the probability of a verdict with the number of seeds that is named
MOST = 10_000  # larger numbers of seeds are not named


@dataclass(frozen=True)
class Judged:
    """The evidence on one part of a claim, against its region.

    Attributes:
        part: the comparison and its region.
        compared: the evidence.
        n: number of statistical units.
    """

    part: Part
    compared: Compared
    n: int

    @property
    def two_borders(self) -> bool:
        """True if the region has a lower and an upper border."""
        return math.isfinite(self.part.low) and math.isfinite(self.part.high)

    @property
    def weights(self) -> tuple[float, float]:
        """The factors of the one-sided p-values for `holds` and for `refuted`."""
        return (1.0, 8.0) if self.two_borders else (2.0, 2.0)

    def holds(self) -> float:
        """Return the p-value of the hypothesis that the parameter lies outside the region."""
        return min(1.0, self.weights[0] * max(self._beyond_low(), self._before_high()))

    def refuted(self) -> float:
        """Return the p-value of the hypothesis that the parameter lies inside the region."""
        evidence, part = self.compared.evidence, self.part
        sides = [evidence.below(part.low)] if math.isfinite(part.low) else []
        sides += [evidence.above(part.high)] if math.isfinite(part.high) else []
        return min(1.0, self.weights[1] * min(sides))

    def by_first(self) -> float:
        """Return the p-value of the verdict to which the first method alone would come."""
        alone = Judged(self.part, Compared(self.compared.first, self.compared.first, False, (0.0, 0.0)), self.n)
        return min(alone.holds(), alone.refuted())

    def gap(self) -> float:
        """Return the distance of the estimate to the nearest border of the region; below 0 outside."""
        value = self.compared.evidence.value
        return min(value - self.part.low, self.part.high - value)

    def _beyond_low(self) -> float:
        return self.compared.evidence.above(self.part.low) if math.isfinite(self.part.low) else 0.0

    def _before_high(self) -> float:
        return self.compared.evidence.below(self.part.high) if math.isfinite(self.part.high) else 0.0


@dataclass(frozen=True)
class Tested:
    """The two p-values of a claim.

    Attributes:
        parts: its parts; all of them must hold, and any of them refutes the claim.
    """

    parts: Sequence[Judged]

    def holds(self) -> float:
        """Return the p-value of the hypothesis that a part does not hold (Berger 1982: the largest)."""
        return max(part.holds() for part in self.parts)

    def refuted(self) -> float:
        """Return the p-value of the hypothesis that all parts hold: the smallest, times their number (Bonferroni)."""
        return min(1.0, len(self.parts) * min(part.refuted() for part in self.parts))


def holm(tested: Sequence[tuple[float, float]], alpha: float) -> list[tuple[str, float, float]]:
    """Return the verdict, the adjusted p-value and the error rate of its step for each claim (Holm 1979).

    Args:
        tested: the p-values for `holds` and for `refuted` of each claim.
        alpha: the error rate of the study.

    Returns:
        For each claim: holds, refuted or inconclusive; its p-value, adjusted so that it is below `alpha` exactly if the
        claim is decided; and the error rate at which it was tested.
    """
    smallest = [min(both) for both in tested]
    adjusted = intervals.holm(smallest)
    order = sorted(range(len(tested)), key=smallest.__getitem__)
    decided = sum(p <= alpha for p in adjusted)
    found = {}
    for rank, place in enumerate(order):
        word = "holds" if tested[place][0] <= tested[place][1] else "refuted"
        step = alpha / (len(tested) - min(rank, decided))  # the first step that fails is the last one
        found[place] = (word if rank < decided else "inconclusive", adjusted[place], step)
    return [found[place] for place in range(len(tested))]


def interval(judged: Judged, verdict: str, alpha: float, siblings: int) -> tuple[float, float, float]:
    """Return the interval of one part that shows its verdict, within the values that are possible, and its level.

    Args:
        judged: the part.
        verdict: holds, refuted or inconclusive.
        alpha: the error rate at which its claim was tested.
        siblings: number of parts of its claim.
    """
    hold, refute = judged.weights
    tail = alpha / (refute * siblings) if verdict == "refuted" else alpha / hold
    low, high = judged.compared.evidence.interval(tail)
    lowest, highest = judged.compared.limits
    return max(low, lowest), min(high, highest), 1 - 2 * tail


def needed(judged: Judged, alpha: float) -> int:
    """Return the number of statistical units that decide with a power of 80 % if all are like these; 0 above 10,000.

    The half-width of the interval at the border is taken to shrink with the square root of the number.

    Args:
        judged: the part that is not decided.
        alpha: the error rate at which it will be tested.
    """
    evidence, part = judged.compared.evidence, judged.part
    inside, gap, value = judged.gap() > 0, abs(judged.gap()), evidence.value
    tail = alpha / judged.weights[0 if inside else 1]
    low, high = evidence.interval(tail)
    toward_low = value - part.low < part.high - value
    half = value - low if toward_low == inside else high - value
    if gap == 0 or not math.isfinite(half):
        return 0
    both = inside and judged.two_borders and part.high - part.low < 3 * gap  # both tests must reject
    power = float(special.ndtri((1 + POWER) / 2 if both else POWER))

    def quantile(number: int) -> float:
        return float(special.stdtrit(number - 1, 1 - tail))

    def decides(number: int) -> bool:
        scale = half / quantile(judged.n) * math.sqrt(judged.n / number)
        return scale * (quantile(number) + power) <= gap

    numbers = range(judged.n + 1, MOST + 1)
    place = bisect.bisect_left(numbers, True, key=decides)
    return numbers[place] if place < len(numbers) else 0
