"""Refusing claims that cannot fail, studies without a control, and controls that control nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dlx.errors import ConfigError
from dlx.study.read.claim import TRENDS, Claim, Side
from dlx.sweep.stages import Tune

CONSTANT = ("parameters", "flops_per_example")  # facts of a run that depend on its configuration alone


def check_claims(claims: Sequence[Claim], facts: Sequence[Claim], tune: Tune | None, controlled: bool = True) -> None:
    """Refuse a study whose claims cannot fail, or whose controls control nothing.

    Args:
        claims: the claims of the study.
        facts: its facts.
        tune: its tuning, whose key may differ between seeds.
        controlled: also refuse claims without a control.

    Raises:
        ConfigError: A claim or a control is invalid, or missing; the message says what to change.
    """
    if not claims and not facts:
        raise ConfigError("study.claims: missing; a study needs a claim that can fail, or facts under study.facts")
    for claim in claims:
        refuse_constant(claim, tune)
        refuse_certain(claim)
    controls = [claim for claim in claims if claim.control]
    if claims and not controls and controlled:
        raise ConfigError(
            "study.claims: no control; mark the claim in which the effect must vanish (an equivalence) by control: true"
        )
    for control in controls:
        refuse_wide(control, claims)


def refuse_constant(claim: Claim, tune: Tune | None) -> None:
    """Refuse a claim on a metric that is the same for every seed.

    Raises:
        ConfigError: No seed can change the claim; the message names its metric.
    """
    sides = [side for part in claim.parts for side in (part.left, part.right) if isinstance(side, Side)]
    names = {name for side in sides for name in side.metric.names}
    varied = any(not (name in CONSTANT or is_setting(name)) or (tune and name == tune.key) for name in names)
    if not varied and claim.choose is None and claim.truth is None:
        raise ConfigError(
            f"{claim.where}.metric: {sides[0].metric.text} is the same for every seed, so the claim cannot fail by "
            "chance; move this entry to study.facts"
        )


def is_setting(name: str) -> bool:
    """Return True if a name in an expression is a key of the configuration, such as `model.depth`."""
    return "." in name and "/" not in name


def refuse_certain(claim: Claim) -> None:
    """Refuse a claim on a share of runs, whose region contains every possible share.

    Raises:
        ConfigError: The claim can never fail.
    """
    part = claim.parts[0]
    least, most = (-1.0, 1.0) if isinstance(part.right, Side) else (-part.right, 1 - part.right)
    if claim.share and part.low < least and part.high > most:
        raise ConfigError(f"{claim.where}: contains every possible share, so it can never fail; narrow its region")


def refuse_wide(control: Claim, claims: Sequence[Claim]) -> None:
    """Refuse a control whose margin is wider than the effect whose absence it is to show.

    The effect is the largest margin that another claim states for the same metric in the same form. The judge also
    compares the margin with the measured effect.

    Raises:
        ConfigError: The margin is wider; the message names both keys.
    """
    region = control.parts[0]
    width = (region.high - region.low) / 2
    effects = [claim for claim in claims if claim.expected == "holds" and stated(claim) and alike(claim, control)]
    if not effects or not math.isfinite(width):
        return
    largest = max(effects, key=stated)
    if width > stated(largest):
        scale = math.exp if control.ratio else float
        key = "factor" if control.ratio else ("within" if control.expect == "equal" else "range")
        other = "factor" if largest.ratio else "margin"
        raise ConfigError(
            f"{control.where}.{key}: {scale(width):.3g} is wider than the effect that it controls "
            f"({largest.where}.{other}: {scale(stated(largest)):.3g}); choose a narrower control"
        )


def stated(claim: Claim) -> float:
    """Return the least size of the effect that a claim states, on the scale of its region; 0 if it states none."""
    part = claim.parts[0]
    if claim.control or claim.expect not in ("greater", "less", *TRENDS):
        return 0.0
    return abs(part.low if math.isfinite(part.low) else part.high)


def alike(claim: Claim, control: Claim) -> bool:
    """Return True if two claims compare the same metric in the same way, so that their margins have the same unit."""

    def form(one: Claim) -> tuple[object, ...]:
        part = one.parts[0]
        folds = tuple((fold.over, fold.by, fold.log) for fold in one.reduce)
        return part.left.metric.text, isinstance(part.right, Side), one.share, one.ratio, one.across, folds

    return form(claim) == form(control)
