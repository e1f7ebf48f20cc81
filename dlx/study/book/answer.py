"""The answer to a typed claim in one line: `True:`, `False:` or `Undecided:`, and a sentence with figures and units.

In Korean it begins with `참:`, `거짓:` or `판정 보류:`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dlx.console import language
from dlx.results.intervals import p_text
from dlx.results.metric_info import unit_of
from dlx.results.runs import Run
from dlx.study.book.labels import short_metric
from dlx.study.book.numbers import number, percent, ratio
from dlx.study.book.words import claim_words, plural
from dlx.study.judge.verdict import Verdict
from dlx.study.read.korean_typed import typed_judged
from dlx.study.read.local import KOREAN, local

HEADS = {"holds": "True", "refuted": "False", "inconclusive": "Undecided"}
ROUNDING = 1e-12  # a smaller mean is 0 but for rounding
MOST = 3  # claims that the line speaks of


def answer(verdicts: Sequence[Verdict], runs: Sequence[Run]) -> str:
    """Return the answer in the language of the reader: true if all claims hold, false if one is refuted, or undecided.

    Args:
        verdicts: the verdicts on the claims.
        runs: their runs, which declare the units of the metrics.
    """
    word = answer_of(verdicts)
    telling = [verdict for verdict in verdicts if verdict.verdict == word]
    said = [sentence(verdict, unit(verdict, runs)) for verdict in telling[:MOST]]
    more = local(f"; and {len(telling) - MOST} more") if len(telling) > MOST else ""
    return f"{local(HEADS[word])}: {'; '.join(said)}{more}."


def answer_of(verdicts: Sequence[Verdict]) -> str:
    """Return holds if all claims hold, refuted if one is refuted, otherwise inconclusive."""
    words = [verdict.verdict for verdict in verdicts]
    if "refuted" in words:
        return "refuted"
    return "holds" if all(word == "holds" for word in words) else "inconclusive"


def sentence(verdict: Verdict, own: str) -> str:
    """Return a claim with its verdict and figures in the language of the reader, without a full stop."""
    claim = verdict.claim
    at = f" at {claim.level}" if claim.level else ""
    said = f"{judged(verdict, claim.say)}{at}"
    if language() == KOREAN:
        said = typed_judged(claim, verdict.verdict, verdict.n) or said
    if math.isnan(verdict.value):
        return f"{said} ({local(verdict.reason or 'it could not be judged')})"
    reasons = [verdict.reason] if verdict.reason else []
    if verdict.needed:
        reasons.append(f"about {plural(verdict.needed, 'seed')} would decide with 80 % power")
    elif verdict.needed == 0:
        reasons.append("no number of seeds up to 10,000 would decide")
    ending = "".join(f"; {local(reason)}" for reason in reasons)
    return f"{said}: {local(figures(verdict, own))}{ending}"


def judged(verdict: Verdict, said: str) -> str:
    """Return the words of a claim with its verdict."""
    return {
        "holds": said,
        "refuted": f"it is not so that {said}",
        "inconclusive": f"{plural(verdict.n, 'seed')} do not show whether {said}",
    }[verdict.verdict]


def finding(verdicts: Sequence[Verdict], runs: Sequence[Run], metric: str) -> str:
    """Return the answer as the English title of a picture: the claim that tells it, its metric in words and both means.

    Args:
        verdicts: the verdicts on the claims, at least one.
        runs: their runs, which declare the units of the metrics.
        metric: the metric that the picture shows; a claim on it comes first.
    """
    word = answer_of(verdicts)
    telling = [verdict for verdict in verdicts if verdict.verdict == word]
    text = lambda verdict: verdict.claim.parts[0].left.metric.text  # noqa: E731
    verdict = next((one for one in telling if text(one) == metric), telling[0])
    said = claim_words(verdict.claim).replace(text(verdict), short_metric(text(verdict)) or text(verdict))
    at = f" at {verdict.claim.level}" if verdict.claim.level else ""
    own, (left, right) = unit(verdict, runs), verdict.sides
    means = "" if math.isnan(verdict.value) else f" ({amount(left, own, own == '%')} against {amount(right, own)})"
    return f"{HEADS[word]}: {judged(verdict, said)}{at}{means}"


def figures(verdict: Verdict, own: str) -> str:
    """Return the two means, their difference or ratio, its interval, the number of seeds and the p-value."""
    left, right = verdict.sides
    means = f"{amount(left, own, with_unit=own == '%')} against {amount(right, own)}"
    if verdict.claim.ratio:
        gap, low, high, behind = f"a ratio of {ratio(verdict.value)}", ratio(verdict.low), ratio(verdict.high), ""
    else:
        scale = 100 if own == "%" else 1
        gap = f"a difference of {number(scale * verdict.value)}"
        low, high = number(scale * verdict.low), number(scale * verdict.high)
        behind = " percentage points" if own == "%" else f" {own}".rstrip()
    statistics = [f"{percent(verdict.level, 4)} interval {low} to {high}", plural(verdict.n, "seed")]
    statistics += [p_text(verdict.p)] if verdict.p is not None else []
    diverged = verdict.statuses["diverged"]
    statistics += [f"{plural(diverged, 'run')} diverged"] if diverged else []
    return f"{means}, {gap}{behind} ({', '.join(statistics)})"


def amount(value: float, own: str, with_unit: bool = True) -> str:
    """Return a mean with its unit."""
    if own == "%":
        return percent(value)
    value = 0.0 if abs(value) < ROUNDING else value
    return f"{number(value)} {own}".rstrip() if with_unit else number(value)


def unit(verdict: Verdict, runs: Sequence[Run]) -> str:
    """Return the unit of the metric of a claim; empty for an expression, or if the runs do not agree on it."""
    metric = verdict.claim.parts[0].left.metric
    if metric.names != (metric.text,):
        return ""
    found = {unit_of(run.summary, metric.text) for run in runs if run.status == "finished"}
    return found.pop() if len(found) == 1 else ""
