"""Controls that control nothing: a margin that is wider than the effect whose absence it is to show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim, Side


def check_controls(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts, with the controls that could not fail made inconclusive.

    The effect of a control is the largest one that the study measured on the same metric, on the same scale (as a
    difference or as a ratio), between two arms or cells.
    """
    return [
        too_wide(verdict, verdicts) if verdict.claim.control and verdict.verdict == "holds" else verdict
        for verdict in verdicts
    ]


def too_wide(control: Verdict, verdicts: Sequence[Verdict]) -> Verdict:
    """Return a control, inconclusive if its margin is wider than the effect that it controls."""
    effects = [one for one in verdicts if not one.claim.control and comparable(one.claim, control.claim)]
    sizes = [size(one) for one in effects if math.isfinite(one.value)]
    if not sizes or margin(control.claim) < max(sizes):
        return control
    largest = effects[sizes.index(max(sizes))]
    return replace(
        control,
        verdict="inconclusive",
        reason=f"its margin is wider than the effect that it controls ({largest.claim.where}); narrow it",
    )


def comparable(effect: Claim, control: Claim) -> bool:
    """Return True if two claims compare two arms or cells by the same metric on the same scale."""
    first, second = effect.parts[0], control.parts[0]
    return (
        isinstance(first.right, Side)
        and isinstance(second.right, Side)
        and first.left.metric.text == second.left.metric.text
        and (effect.ratio, effect.share, effect.across) == (control.ratio, control.share, control.across)
    )


def size(verdict: Verdict) -> float:
    """Return the size of an effect: the absolute difference, or that of the logarithms."""
    if not verdict.claim.ratio:
        return abs(verdict.value)
    return abs(math.log(verdict.value)) if verdict.value > 0 else math.inf


def margin(claim: Claim) -> float:
    """Return the margin of a control: half of the width of its region, on the scale on which it is judged."""
    part = claim.parts[0]
    return (part.high - part.low) / 2
