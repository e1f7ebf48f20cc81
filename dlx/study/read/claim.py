"""A claim: what is compared, where, how it is folded, and the region in which it is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dlx.study.read.expression import Expression

Where = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a metric (or a condition) in some cells."""

    metric: Expression
    where: Where


@dataclass(frozen=True)
class Choose:
    """The level of an axis with the best validation score.

    Attributes:
        over: the axis.
        by: the score.
        maximum: whether the highest score is the best; None: the runs say which way their metric is better.
        per: whether each seed chooses for itself, or the mean over seeds for all.
    """

    over: str
    by: Expression
    maximum: bool | None
    per: str


@dataclass(frozen=True)
class Fold:
    """One axis folded into a number."""

    over: str
    by: str
    level: float
    log: bool


@dataclass(frozen=True)
class Part:
    """One comparison with the open interval in which it is true; most claims have one part."""

    left: Side
    right: Side | float
    low: float
    high: float


@dataclass(frozen=True)
class Claim:
    """One claim of a study; all its parts must be true.

    Attributes:
        where: its key in the file, for messages.
        expect: its form.
        parts: comparisons.
        minus: levels at which the same comparison is subtracted, for an interaction.
        share: whether the metric is a condition on each run.
        ratio: whether sides are divided; the parts' regions are then logarithms.
        exact: every run is judged by itself.
        choose, reduce, across, truth: how axes and seeds are folded.
        say: the claim in words.
        level: the level that it is judged at, where one entry is judged at several: `activation=relu`.
        control: whether the effect must vanish here.
        expected: the verdict that is expected: holds, or refuted for a myth.
        instead: what is true instead of a myth.
        diverged: what a metric of a diverged run counts as.
    """

    where: str
    expect: str
    parts: tuple[Part, ...]
    minus: Where | None
    share: bool
    ratio: bool
    exact: bool
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
