"""Verdicts in words: first the statement of a claim, then its verdict with the statistics."""

from __future__ import annotations

import math
import re

from dlx.results.intervals import p_text
from dlx.study.book.numbers import fill, number, percent, ratio
from dlx.study.judge.verdict import Verdict
from dlx.study.read.claim import Claim, Part, Side
from dlx.study.read.figures import FIGURE, FORMATS
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
MOST_UNITS = 10_000  # the judge looks no further for the number of seeds that would decide
HANGUL = re.compile("[가-힣]")
PROSE = {"sd": "standard deviation", "count_above": "number above the level"}


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

    For example: He beats Xavier by 0.35 (holds: 95 % interval 0.21 to 0.48, 10 seeds, margin 0.05). A myth is marked as
    one and followed by its fact.
    """
    said, behind = statement(verdict), statistics(verdict, replicate)
    if is_myth(verdict.claim):
        return f"Myth: “{said}” Fact: {correction(verdict).rstrip('.')}. (The myth is {behind}.)"
    return f"{said.rstrip('.')} ({behind})."


def is_myth(claim: Claim) -> bool:
    """Return True if a claim is a myth: a false statement that is often made and that the study should refute."""
    return claim.expected == "refuted"


def statement(verdict: Verdict) -> str:
    """Return the words of a claim with the measured values inserted."""
    claim = verdict.claim
    level = f" [{claim.level}]" if claim.level and claim.say else ""
    text = f"{fill(claim_words(claim), verdict).rstrip('.')}{level}."
    return capital(text) if claim.say else text


def capital(text: str) -> str:
    """Return a sentence with a capital letter at its beginning; a Korean one may begin with a name in small letters."""
    return text if HANGUL.search(text) else f"{text[:1].upper()}{text[1:]}"


def correction(verdict: Verdict) -> str:
    """Return what is true instead of a myth, with the measured values inserted."""
    return fill(verdict.claim.instead, verdict)


def statistics(verdict: Verdict, replicate: str = SEED) -> str:
    """Return a verdict with its statistics: value, interval, seeds, margin, and p-value."""
    claim, said = verdict.claim, claim_words(verdict.claim)
    figures = []
    if not math.isnan(verdict.value):
        if not claim.fact and not any(name in ("value", "size", *FORMATS) for name, _ in FIGURE.findall(said)):
            figures.append(f"value {(ratio if claim.ratio else number)(verdict.value)}")
        figures += [f"closest: {verdict.closest}"] if verdict.closest and not contradicted(verdict) else []
        figures.append(interval_words(verdict))
    figures += counts(verdict, replicate)
    figures += [f"Holm-adjusted {p_text(verdict.p)}"] if verdict.p is not None else []
    return f"{ending(verdict, replicate)}: {', '.join(figures)}"


def interval_words(verdict: Verdict) -> str:
    """Return the interval in words with its level; for a fact, the range of all runs."""
    claim, same = verdict.claim, verdict.low == verdict.high
    figure = ratio if claim.ratio else number
    bounds = figure(verdict.low) if same else f"{figure(verdict.low)} to {figure(verdict.high)}"
    if not claim.fact:
        return f"{percent(verdict.level, 4)} interval {bounds}"
    if claim.expect in ("identity", "equal") and not claim.ratio:
        return f"off by {number(max(abs(verdict.low), abs(verdict.high)))}" + ("" if same else " at most")
    return f"{'ratio' if claim.ratio else 'value'} {bounds}" + (" in all runs" if verdict.n > 1 else "")


def counts(verdict: Verdict, replicate: str) -> list[str]:
    """Return the number of seeds, the margin and the number of diverged runs in words."""
    claim, part = verdict.claim, verdict.claim.parts[0]
    diverged = verdict.statuses["diverged"]
    what = units(verdict.n, "run" if claim.fact else replicate)
    return [what, border(claim, part), *([f"{units(diverged, 'run')} diverged"] if diverged else [])]


def units(n: int, unit: str) -> str:
    """Return a number of runs, of seeds, or of levels of another axis, in words."""
    return plural(n, unit) if unit in ("run", SEED) else f"{plural(n, 'level')} of {unit}"


def plural(n: int, word: str) -> str:
    """Return a number and a noun, such as `1 run` or `10,000 runs`."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def border(claim: Claim, part: Part) -> str:
    """Return the region of a comparison in words, such as its margin."""
    scale = math.exp if claim.ratio else float
    if claim.expect == "threshold":
        return plural(len(claim.parts), "cell")
    if claim.expect in ("increasing", "decreasing"):
        return plural(len(claim.parts), "step")
    if claim.expect == "between":
        return f"range {number(part.low)} to {number(part.high)}"
    size = part.low if claim.expect == "greater" else part.high
    if claim.ratio:
        return f"factor {ratio(scale(size))}"
    size = abs(size)
    return f"{'margin' if claim.expect in ('greater', 'less') else 'within'} {number(size)}"


def ending(verdict: Verdict, replicate: str = SEED) -> str:
    """Return the verdict with its reason, or with the number of seeds that would decide the claim."""
    word = f"{verdict.word} at {verdict.closest}" if contradicted(verdict) else verdict.word
    reasons = [verdict.reason] if verdict.reason else []
    if verdict.needed:
        reasons.append(f"about {units(verdict.needed, replicate)} would decide with 80 % power")
    elif verdict.needed == 0:
        reasons.append(f"{units(MOST_UNITS, replicate)} would not decide")
    nothing = "one" if verdict.claim.ratio else "zero"
    if not_nothing(verdict):
        reasons.append(f"within the margin, but not {nothing}")
    return "; ".join([word, *reasons])


def contradicted(verdict: Verdict) -> bool:
    """Return True for a false fact with the run that contradicts it."""
    return verdict.claim.fact and verdict.verdict == "refuted" and bool(verdict.closest)


def not_nothing(verdict: Verdict) -> bool:
    """Return True if a control holds although its interval excludes that there is no effect at all."""
    claim, nothing = verdict.claim, 1.0 if verdict.claim.ratio else 0.0
    part = claim.parts[0]
    if not (claim.control and verdict.verdict == "holds" and len(claim.parts) == 1 and part.low < 0 < part.high):
        return False
    return verdict.low > nothing or verdict.high < nothing
