"""Measured numbers as text: rounded, but never so far that they can no longer be told from 1 or from 100 %."""

from __future__ import annotations

import math

from dlx.study.judge.verdict import Verdict
from dlx.study.read.figures import CELL, FIGURE, FORMATS, NUMBERS

FINEST = 9  # the most decimals of a ratio close to 1
CLOSEST = 1e-6  # a number other than a ratio that is closer to 1 is written as 1
GROUPED = 1e9  # numbers from here on are written with an exponent


def number(value: float) -> str:
    """Return a number as text with about three significant digits, and more where it would be rounded to 1."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:.0f}" if 1000 <= abs(value) < 1e5 else f"{value:.3g}"
    if text == "1" and abs(value - 1) > CLOSEST:
        return f"{value:.{decimals(value - 1)}f}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text


def ratio(value: float) -> str:
    """Return a ratio as text, with as many decimals as tell it from 1: 1.0004, not 1; beyond nine, `1 + 2e-13`."""
    text = number(value)
    if text != "1" or value == 1:
        return text
    if decimals(value - 1) <= FINEST:
        return f"{value:.{decimals(value - 1)}f}"
    return f"1 {'+' if value > 1 else '-'} {number(float(f'{abs(value - 1):.1g}'))}"


def percent(value: float, digits: int = 3) -> str:
    """Return a share or a ratio in percent: 0.9996 as `99.96 %`, not as 100 %."""
    text = number(100 * value) if digits == 3 else f"{100 * value:.{digits}g}"
    if text == "100" and decimals(value - 1) <= FINEST:
        text = f"{100 * value:.{max(decimals(100 * (value - 1)), 0)}f}"
    return f"{text} %"


def decimals(difference: float) -> int:
    """Return the number of decimals that show the first digit of a difference."""
    return math.ceil(-math.log10(abs(difference)) - 1e-9) if difference else FINEST + 1  # 1e-9: rounding errors


def times(value: float) -> str:
    """Return a ratio as `2.5 times` or `450,000 times`."""
    if 1000 <= abs(value) < GROUPED:
        return f"{float(f'{value:.3g}'):,.0f} times"
    return f"{ratio(value)} times"


def power(value: float) -> str:
    """Return 10 to the power of a number, for differences of log10."""
    found = 10**value if abs(value) < 300 else math.inf
    return f"{float(f'{found:.3g}'):,.0f}" if 1000 <= found < GROUPED else ratio(found)


def fill(said: str, verdict: Verdict) -> str:
    """Return a text in which figures such as `{value}` and `{low:percent}` are replaced by the measured values."""

    def figure(name: str, form: str) -> str:
        if name == CELL:
            return verdict.closest or verdict.claim.cell(verdict.claim.parts[0])
        if name in FORMATS:
            return figure("value", name)
        if name not in NUMBERS:
            return f"{{{name}}}"
        return written(verdict, name, form)

    return FIGURE.sub(lambda match: figure(match[1], match[2] or ""), said)


def written(verdict: Verdict, name: str, form: str) -> str:
    """Return one measured number of a verdict as text.

    Args:
        verdict: the verdict.
        name: value, size, low or high.
        form: percent, times, power, or empty for a plain number.
    """
    figures = {"value": verdict.value, "size": abs(verdict.value), "low": verdict.low, "high": verdict.high}
    value = figures[name]
    if form == "times" and inverted(verdict):
        # "4 times lower" for a ratio of 0.25; the bounds change places
        value = figures[{"low": "high", "high": "low"}.get(name, name)]
        value = 1 / value if value else math.inf
    if form:
        return {"percent": percent, "times": times, "power": power}[form](value)
    return ratio(value) if verdict.claim.ratio else number(value)


def inverted(verdict: Verdict) -> bool:
    """Return True if `{times}` says how many times as small the left side is, since the claim is that it is smaller."""
    claim = verdict.claim
    return claim.ratio and claim.expect == "less" and claim.parts[0].high <= 0
