"""The parts of a claim: its comparisons, their cells, reductions, and the regions in which it is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dlx.study.read.expression import Expression

TRENDS = ("increasing", "decreasing")
Where = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a metric or a condition in some cells."""

    metric: Expression
    where: Where


@dataclass(frozen=True)
class Choose:
    """The selection of the level of an axis with the best validation score.

    Attributes:
        over: the axis.
        by: the score.
        maximum: True if the highest score is the best; None to use the direction that the runs declare.
        per: `seed` to select a level for each seed, `arm` to select one by the mean score over seeds.
    """

    over: str
    by: Expression
    maximum: bool | None
    per: str


@dataclass(frozen=True)
class Fold:
    """The reduction of one axis to a number."""

    over: str
    by: str
    level: float
    log: bool


@dataclass(frozen=True)
class Part:
    """One comparison, with the open interval in which it is true; most claims have one part."""

    left: Side
    right: Side | float
    low: float
    high: float


@dataclass(frozen=True)
class Claim:
    """One claim or one fact of a study; all its parts must be true.

    A claim is judged over seeds; a fact is checked in every run.

    Attributes:
        where: its key in the file, for messages.
        expect: its form, such as `greater`.
        parts: its comparisons.
        minus: levels at which the same comparison is subtracted, for an interaction.
        share: True if the metric is a condition on each run.
        ratio: True if the sides are divided; the regions of the parts are then logarithms.
        fact: True if every run is checked by itself.
        choose, reduce, across, truth: the reductions over axes and seeds.
        say: the claim in words.
        level: the level at which it is judged, such as `activation=relu`, if one entry is judged at several levels and
            its words do not name the level.
        control: True if the effect must vanish here.
        expected: the expected verdict: holds, or refuted for a myth.
        instead: what is true instead of a myth.
        diverged: the value of a metric in a diverged run; None if it is not defined.
        resolution: the smallest step in which the metric changes; None to use that of the metric, if it is known.
    """

    where: str
    expect: str
    parts: tuple[Part, ...]
    minus: Where | None
    share: bool
    ratio: bool
    fact: bool
    choose: Choose | None
    reduce: tuple[Fold, ...]
    across: str
    truth: Expression | None
    say: str
    level: str
    control: bool
    expected: str
    instead: str
    diverged: float | None
    resolution: float | None = None

    def cell(self, part: Part) -> str:
        """Return the cell of one part among several in words, such as `k=2`, or `k=1 to 2` for a step of a trend."""
        found = []
        for axis, texts in part.left.where.items():
            before = part.right.where.get(axis, texts) if isinstance(part.right, Side) else texts
            step = before != texts and self.expect in TRENDS
            if step or len({other.left.where.get(axis) for other in self.parts}) > 1:
                start = f"{'|'.join(before)} to " if step else ""
                found.append(f"{axis}={start}{'|'.join(texts)}")
        return ", ".join(found)
