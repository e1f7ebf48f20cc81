"""Verdicts in words: first the statement of a claim, then its verdict with the statistics."""

from __future__ import annotations

import math

from dlx.results.intervals import p_text
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim, Part, Side
from dlx.sweep.cells import SEED

VERBS = {
    "greater": "is greater than",
    "less": "is less than",
    "equal": "is equal to",
    "between": "lies between",
    "identity": "is equal to",
    "increasing": "rises along",
    "decreasing": "falls along",
    "threshold": "lies where",
}
PROSE = {"sd": "standard deviation", "count_above": "number above the level"}


def number(value: float) -> str:
    """Return a number as text with about three significant digits."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:.0f}" if 1000 <= abs(value) < 1e5 else f"{value:.3g}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text


def claim_words(claim: Claim) -> str:
    """Return the words of a claim as its author gave them, or else words derived from its form."""
    if claim.say:
        return claim.say
    part = claim.parts[0]
    subject = f"{'the share of ' if claim.share else ''}{part.left.metric.text}{across(claim)}"
    where = cell_words(part.left)
    if claim.expect in ("increasing", "decreasing"):
        return f"{subject} {VERBS[claim.expect]} the axis"
    if claim.expect == "threshold":
        return f"{subject} lies on the side that the condition says"
    if claim.expect == "between":
        return f"{subject}{where} lies between {number(part.low)} and {number(part.high)}"
    return f"{subject}{where} {VERBS[claim.expect]} {other_words(claim, part)}{tail(claim)}"


def cell_words(side: Side) -> str:
    """Return the cells of a side in parentheses, such as ` (he, model.depth=30)`."""
    named = [texts[0] if axis == "arm" else f"{axis}={'|'.join(texts)}" for axis, texts in side.where.items()]
    return f" ({', '.join(named)})" if named else ""


def other_words(claim: Claim, part: Part) -> str:
    """Return the right side of a comparison in words."""
    if isinstance(part.right, Side):
        same = part.right.metric.text == part.left.metric.text
        differing = {axis: texts for axis, texts in part.right.where.items() if part.left.where.get(axis) != texts}
        where = cell_words(Side(part.right.metric, differing)).strip(" ()")
        return where if same else f"{part.right.metric.text} {where}".strip()
    if claim.minus is not None:
        return "at " + ", ".join(f"{axis}={'|'.join(texts)}" for axis, texts in claim.minus.items())
    return number(part.right)


def across(claim: Claim) -> str:
    """Return the reductions over axes and seeds in words."""
    words = [f"{PROSE.get(rule.by, rule.by)} over {rule.over}" for rule in claim.reduce]
    words += [f"chosen on {claim.choose.over} by {claim.choose.by.text}"] if claim.choose else []
    words += [f"{PROSE.get(claim.across, claim.across)} over seeds"] if claim.across != "mean" else []
    return f" [{', '.join(words)}]" if words else ""


def tail(claim: Claim) -> str:
    """Return the margin, tolerance or factor of a claim in words."""
    part = claim.parts[0]
    size = part.low if math.isfinite(part.low) and claim.expect == "greater" else part.high
    size = math.exp(size) if claim.ratio else abs(size)
    if claim.expect in ("equal", "identity"):
        return f" within {'a factor ' if claim.ratio else ''}{number(size)}"
    if claim.ratio:
        return f" by a factor {number(size)}"
    return f" by {number(size)} at least" if size else ""


def sentence(verdict: Verdict, replicate: str = SEED) -> str:
    """Return a claim, followed by its verdict with the statistics in parentheses.

    For example: He beats Xavier by 0.35 (holds: interval 0.21 to 0.48, 10 seeds, margin 0.05). A myth is marked as one
    and followed by its fact.
    """
    said, behind = statement(verdict), statistics(verdict, replicate)
    if is_myth(verdict.claim):
        return f"Myth: “{said}” Fact: {verdict.claim.instead.rstrip('.')}. (The myth is {behind}.)"
    return f"{said.rstrip('.')} ({behind})."


def is_myth(claim: Claim) -> bool:
    """Return True if a claim is a myth: a false statement that is often made and that the study should refute."""
    return claim.expected == "refuted"


def statement(verdict: Verdict) -> str:
    """Return the words of a claim with the measured values inserted."""
    claim = verdict.claim
    level = f" [{claim.level}]" if claim.level and claim.say else ""
    text = f"{fill(claim_words(claim), verdict).rstrip('.')}{level}."
    return text[0].upper() + text[1:] if claim.say else text


def statistics(verdict: Verdict, replicate: str = SEED) -> str:
    """Return a verdict with its statistics: value, interval, seeds, margin, and p-value."""
    claim, said = verdict.claim, claim_words(verdict.claim)
    figures = []
    if not math.isnan(verdict.value):
        if "{value}" not in said and "{size}" not in said and not claim.fact:
            figures.append(f"value {number(verdict.value)}")
        figures.append(interval_words(verdict))
    figures += counts(verdict, replicate)
    figures += [f"Holm-adjusted {p_text(verdict.p)}"] if verdict.p is not None else []
    return f"{ending(verdict)}: {', '.join(figures)}"


def fill(said: str, verdict: Verdict) -> str:
    """Return a text in which `{value}`, `{size}`, `{low}` and `{high}` are replaced by the measured values."""
    figures = {"value": verdict.value, "size": abs(verdict.value), "low": verdict.low, "high": verdict.high}
    for key, value in figures.items():
        said = said.replace(f"{{{key}}}", number(value))
    return said


def interval_words(verdict: Verdict) -> str:
    """Return the interval in words; for a fact, the range of all runs."""
    claim, same = verdict.claim, verdict.low == verdict.high
    if claim.fact and claim.expect in ("identity", "equal"):
        return f"off by {number(max(abs(verdict.low), abs(verdict.high)))}" + ("" if same else " at most")
    bounds = number(verdict.low) if same else f"{number(verdict.low)} to {number(verdict.high)}"
    return f"{'in all runs' if claim.fact else 'interval'} {bounds}"


def counts(verdict: Verdict, replicate: str) -> list[str]:
    """Return the number of seeds, the margin and the number of diverged runs in words."""
    claim, part = verdict.claim, verdict.claim.parts[0]
    unit = "runs" if claim.fact else ("seeds" if replicate == SEED else f"levels of {replicate}")
    unit = unit.removesuffix("s") if verdict.n == 1 and unit.endswith("s") else unit
    diverged = verdict.statuses["diverged"]
    return [f"{verdict.n} {unit}", border(claim, part), *([f"{diverged} runs diverged"] if diverged else [])]


def border(claim: Claim, part: Part) -> str:
    """Return the region of a comparison in words, such as its margin."""
    scale = math.exp if claim.ratio else float
    if claim.expect == "threshold":
        return f"{len(claim.parts)} cells"
    if claim.expect in ("increasing", "decreasing"):
        return f"{len(claim.parts)} steps"
    if claim.expect == "between":
        return f"range {number(part.low)} to {number(part.high)}"
    size = part.low if claim.expect == "greater" else part.high
    if claim.ratio:
        return f"factor {number(scale(size))}"
    size = abs(size)
    return f"{'margin' if claim.expect in ('greater', 'less') else 'within'} {number(size)}"


def ending(verdict: Verdict) -> str:
    """Return the verdict with its reason, or with the number of seeds that would decide the claim."""
    word = f"{verdict.word} at {verdict.closest}" if verdict.claim.fact and verdict.closest else verdict.word
    if verdict.reason:
        return f"{word}; {verdict.reason}"
    if verdict.needed:
        return f"{word}; {verdict.needed} seeds would decide"
    if verdict.needed == 0:
        return f"{word}; 10,000 seeds would not decide"
    return word
