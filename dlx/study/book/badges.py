"""Badges of a study in a few words: the size of its effect, how certain it is, what it cost, and how often it looked.

A badge says what was measured, since "holds" alone says neither how much nor how surely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlx.results.facts import duration
from dlx.study.book.labels import short_metric
from dlx.study.book.numbers import number, percent, power, ratio, times
from dlx.study.judge.looks import SHARES
from dlx.study.judge.verdict import TRUTH
from dlx.study.read.claim import Claim
from dlx.study.read.figures import FIGURE, FORMATS
from dlx.study.read.local import local
from dlx.study.read.study import Study

Result = Mapping[str, Any]
MYTH = ("refuted", "false")  # the verdicts that a myth is expected to have
UNDECIDED = ("inconclusive", "unknown")
FAR = 3  # half widths of an interval between its end and the border of the claim that count as far


@dataclass(frozen=True)
class Badge:
    """A few words on what a study found.

    Attributes:
        kind: effect, certainty, cost or looks.
        text: the words.
        tone: good, open, bad or empty.
    """

    kind: str
    text: str
    tone: str = ""


def badges(result: Result, study: Study | None = None) -> list[Badge]:
    """Return what a study found, how surely, for how much, and at which look.

    Args:
        result: the content of its result.json.
        study: the study as its file defines it, which says in which unit an effect is; None if it is not known.
    """
    own = pairs(result, study)
    main = next((pair for pair in own if is_effect(pair[0])), own[0] if own else None)
    found = [outcome(result)]
    if main is not None:
        found += [effect(*main), certainty(*main)]
    found.append(cost(result))
    if result["claims"]:  # facts do not depend on seeds, so that a study of facts needs no look
        looked = len(result["looks"]) or 1
        found.append(Badge("looks", f"{looked} of {len(SHARES)} looks taken", "open" if looked > 1 else ""))
    return [replace(one, text=local(one.text)) for one in found if one.text]


def pairs(result: Result, study: Study | None) -> list[tuple[Mapping[str, Any], Claim | None]]:
    """Return the claims and facts of a result, each with what the study's file says of it if both are the same."""
    recorded = (*result["claims"], *result["facts"])
    entries: Sequence[Claim | None] = study.entries if study is not None else ()
    if len(entries) != len(recorded) or (study is not None and len(study.claims) != len(result["claims"])):
        return [(one, None) for one in recorded]
    return [(one, entry if same(one, entry) else None) for one, entry in zip(recorded, entries, strict=True)]


def same(recorded: Mapping[str, Any], claim: Claim | None) -> bool:
    """Return True if a recorded claim has the form of a claim of a file."""
    if claim is None:
        return False
    expected = TRUTH[claim.expected] if claim.fact else claim.expected
    return (recorded["expect"], recorded["control"], recorded["expected"]) == (claim.expect, claim.control, expected)


def is_effect(recorded: Mapping[str, Any]) -> bool:
    """Return True for a claim that is neither a control nor a myth."""
    return not recorded["control"] and recorded["expected"] not in MYTH


def outcome(result: Result) -> Badge:
    """Return how many claims, facts and myths came out in which way: `4 claims hold, 1 undecided`."""
    words, tone = [], "good"
    for key, singular in (("claims", "claim"), ("facts", "fact")):
        entries = result[key]
        myths = [one for one in entries if one["expected"] in MYTH]
        others = [one for one in entries if one["expected"] not in MYTH]
        good = sum(one["verdict"] == one["expected"] for one in others)
        verb = {"claim": ("holds", "hold"), "fact": ("is true", "are true")}[singular]
        if others:
            many = f"{good} of {len(others)}" if good < len(others) else str(good)
            words.append(f"{many} {singular}{'' if len(others) == 1 else 's'} {verb[good != 1]}")
        refuted = sum(one["verdict"] in MYTH for one in myths)
        if myths:
            many = f"{refuted} of {len(myths)}" if refuted < len(myths) else str(refuted)
            words.append(f"{many} myth{'' if len(myths) == 1 else 's'} refuted")
        wrong = [one for one in entries if one["verdict"] != one["expected"]]
        if wrong:
            undecided = sum(one["verdict"] in UNDECIDED for one in wrong)
            tone = "open" if undecided == len(wrong) and tone == "good" else "bad"
            words += [f"{undecided} undecided"] if undecided else []
    return Badge("outcome", ", ".join(words), tone)


def effect(recorded: Mapping[str, Any], claim: Claim | None) -> Badge:
    """Return the size of an effect in the unit of its claim: `test accuracy −0.85`, or `test loss × 0.23`."""
    value = recorded["value"]
    if value is None or recorded["expect"] == "identity":  # the error of an identity is no effect
        return Badge("effect", "")
    form = format_of(claim)
    tone = "good" if recorded["verdict"] == recorded["expected"] else "open"
    name = short_metric(claim.parts[0].left.metric.text, local) if claim else ""
    return Badge("effect", f"{name} {shown(value, claim, form)}".strip(), tone)


def verdict_words(recorded: Mapping[str, Any], claim: Claim | None) -> str:
    """Return the verdict on a claim with its effect: `holds, −0.85`; of a fact the verdict alone."""
    value, word = recorded["value"], str(recorded["verdict"])
    said = word if value is None or recorded["p"] is None else f"{word}, {shown(value, claim, format_of(claim))}"
    return local(said)


def shown(value: float, claim: Claim | None, form: str) -> str:
    """Return a value as its claim writes it, with a sign if it is a difference."""
    if form == "power":
        return f"× {power(value)}"
    if form == "times":
        return times(value)
    if form == "percent":
        return percent(value)
    if claim is not None and claim.ratio:
        return f"× {ratio(value)}"
    difference = claim is not None and claim.expect in ("greater", "less", "equal") and two_sides(claim)
    return signed(value) if difference or value < 0 else number(value)


def two_sides(claim: Claim) -> bool:
    """Return True if a claim compares two arms, so that its value is a difference."""
    return not isinstance(claim.parts[0].right, float | int) or claim.minus is not None


def signed(value: float) -> str:
    """Return a number with its sign, whose minus is as long as the plus."""
    return f"{'−' if value < 0 else '+'}{number(abs(value))}"


def format_of(claim: Claim | None) -> str:
    """Return the format in which the words of a claim write its value: percent, times, power or empty."""
    for name, form in FIGURE.findall(claim.say) if claim else ():
        if name in FORMATS:
            return str(name)
        if name in ("value", "size", "low", "high"):
            return str(form)
    return ""


def certainty(recorded: Mapping[str, Any], claim: Claim | None) -> Badge:
    """Return how sure a verdict is: the number of seeds, and how far the interval is from the border of the claim."""
    n = recorded["n"]
    if recorded["p"] is None:
        runs = f"in {'its run' if n == 1 else f'all {n} runs'}" if n else ""
        return Badge("certainty", f"exact, checked {runs}".rstrip(", ") if runs else "")
    seeds = f"{n} seed{'' if n == 1 else 's'}"
    if recorded["verdict"] in UNDECIDED:
        return Badge("certainty", f"undecided with {seeds}", "open")
    return Badge("certainty", ", ".join(part for part in (distance(recorded, claim), seeds) if part))


def distance(recorded: Mapping[str, Any], claim: Claim | None) -> str:
    """Return how far the interval of a decided claim is from the border of its region; empty if that is not known."""
    low, high = recorded["low"], recorded["high"]
    if claim is None or None in (low, high) or len(claim.parts) != 1 or not math.isfinite(low + high):
        return ""
    part, half = claim.parts[0], (high - low) / 2
    if claim.ratio:
        if low <= 0:
            return ""
        low, high = math.log(low), math.log(high)
        half = (high - low) / 2
    gaps = [gap for gap in (low - part.low, part.high - high) if math.isfinite(gap)]
    if not gaps or min(gaps) < 0:
        return ""
    inside = math.isfinite(part.low) and math.isfinite(part.high)
    near, far = ("just inside", "well inside") if inside else ("just beyond", "far beyond")
    return f"{far if min(gaps) >= FAR * half else near} the {'range' if claim.expect == 'between' else 'margin'}"


def cost(result: Result) -> Badge:
    """Return the number of runs of a study and their time."""
    runs = result["runs"]
    return Badge("cost", f"{runs} run{'' if runs == 1 else 's'}, {duration(result['seconds']['runs'])}" if runs else "")
