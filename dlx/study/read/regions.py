"""The regions in which claims are true: an interval of differences for each comparison of a claim."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from dlx.config.reading import number
from dlx.errors import ConfigError
from dlx.study.read.claim import Part, Side
from dlx.study.read.expression import parse
from dlx.study.read.names import Names


def region(node: Mapping[str, Any], where: str, expect: str, fact: bool) -> tuple[float, float]:
    """Return the interval of differences, or of log ratios, in which a claim or a fact is true."""
    if expect == "identity":
        tolerance = number(node, "tolerance", where, 0)
        return -tolerance, tolerance
    if expect == "between":
        bounds = node.get("range")
        if not isinstance(bounds, list) or len(bounds) != 2 or not all(map(is_number, bounds)):
            raise ConfigError(f"{where}.range: expected [low, high], got {bounds!r}")
        if bounds[0] >= bounds[1]:
            raise ConfigError(f"{where}.range: expected low < high, got {bounds!r}")
        return float(bounds[0]), float(bounds[1])
    key, ratio = "within" if expect == "equal" else "margin", "factor" in node
    if ratio == (key in node):
        raise ConfigError(f"{where}: expected either {key} (a difference) or factor (a ratio)")
    if ratio:
        size = math.log(number(node, "factor", where, 1 if expect == "equal" else 0, open_=True))
        return {"greater": (size, math.inf), "less": (-math.inf, size), "equal": (-size, size)}[expect]
    size = number(node, key, where, 0, open_=expect == "equal" and not fact)
    return {"greater": (size, math.inf), "less": (-math.inf, -size), "equal": (-size, size)}[expect]


def is_number(value: Any) -> bool:
    """Return True if a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def steps(names: Names, node: Mapping[str, Any], where: str, expect: str, left: Side) -> list[Part]:
    """Return the parts of a trend: one for each pair of consecutive levels."""
    over = names.axis(node.get("over"), f"{where}.over")
    margin = number(node, "margin", where, 0)
    levels = left.where.get(over) or names.texts(over)
    if len(levels) < 2:
        raise ConfigError(f"{where}.over: {over} has one level; a trend needs two")
    low, high = (margin, math.inf) if expect == "increasing" else (-math.inf, -margin)
    return [
        Part(Side(left.metric, {**left.where, over: (b,)}), Side(left.metric, {**left.where, over: (a,)}), low, high)
        for a, b in itertools.pairwise(levels)
    ]


def threshold(names: Names, node: Mapping[str, Any], where: str, left: Side, folded: set[str]) -> list[Part]:
    """Return the parts of a threshold: one for each cell, with the region that the condition selects."""
    when = parse(node.get("when"), f"{where}.when")
    for name in when.names:
        names.axis(name, f"{where}.when")
    if ("below" in node) == ("above" in node):
        raise ConfigError(f"{where}: expected below with otherwise_above, or above with otherwise_below")
    below = "below" in node
    first = number(node, "below" if below else "above", where)
    other = number(node, "otherwise_above" if below else "otherwise_below", where)
    if (other < first) if below else (other > first):
        raise ConfigError(f"{where}: the two sides of a threshold overlap")
    regions = {True: (-math.inf, first), False: (other, math.inf)}
    if not below:
        regions = {True: (first, math.inf), False: (-math.inf, other)}
    open_axes = [axis for axis in names.free() if axis not in folded]
    values = {axis: {level.text: level.value for level in names.axes[axis]} for axis in open_axes}
    parts = []
    for levels in itertools.product(*(left.where.get(axis) or names.texts(axis) for axis in open_axes)):
        at = dict(zip(open_axes, levels, strict=True))
        true = bool(when({axis: values[axis][text] for axis, text in at.items()}.__getitem__))
        parts.append(Part(Side(left.metric, {**left.where, **{a: (t,) for a, t in at.items()}}), 0.0, *regions[true]))
    if len({part.low for part in parts}) < 2:
        raise ConfigError(f"{where}.when: is the same in every cell; a threshold needs cells on both sides")
    return parts
