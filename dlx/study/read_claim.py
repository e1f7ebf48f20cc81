"""Reading claims: their forms, their cells, and what cannot be meant."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlx.direction import direction
from dlx.errors import ConfigError, nearest
from dlx.expression import Expression, parse
from dlx.keys import choice, flag, known, listed, number, text
from dlx.study.claim import Choose, Claim, Fold, Part, Side, Where
from dlx.sweep.cells import ARM, SEED, Axes, level_of

VERDICTS = ("holds", "refuted", "inconclusive")
FORMS = {
    "greater": ("margin", "factor"),
    "less": ("margin", "factor"),
    "equal": ("within", "factor"),
    "between": ("range",),
    "identity": ("tolerance",),
    "increasing": ("over", "margin"),
    "decreasing": ("over", "margin"),
    "threshold": ("when", "below", "above", "otherwise_above", "otherwise_below"),
}
EQUIVALENCES = ("equal", "between", "identity", "threshold")
COMMON = ("metric", "share", "arm", "at", "than", "minus", "each", "choose", "reduce", "across", "expect", "exact")
WORDS = ("say", "control", "expect_verdict", "truth", "diverged")
REDUCTIONS = ("min", "max", "mean", "sd", "variance", "argmin", "argmax", "count_above", "crossing", "slope")
ACROSS = ("mean", "median", "sd", "variance", "bias")


def claims_of(nodes: Any, axes: Axes, replicate: str, names: Mapping[str, str], diverged: float | None) -> list[Claim]:
    """Read the claims of a study; one with `each` becomes one for each level.

    Args:
        nodes: the list as it stands in the file.
        axes: the levels that the runs have.
        replicate: the axis whose levels are the statistical units.
        names: named expressions of the study.
        diverged: what a diverged run counts as where a claim does not say.

    Raises:
        ConfigError: names the claim's key and what was expected.
    """
    if not isinstance(nodes, list) or not nodes:
        raise ConfigError("study.claims: expected a list of claims")
    reader = Reader(axes, replicate, names, diverged)
    return [claim for position, node in enumerate(nodes) for claim in reader.claims(node, f"study.claims[{position}]")]


@dataclass(frozen=True)
class Reader:
    """Reads claims against the axes of a study."""

    axes: Axes
    replicate: str
    names: Mapping[str, str]
    diverged: float | None

    def claims(self, node: Any, where: str) -> Iterator[Claim]:
        """Yield the claims that one entry stands for."""
        expect = choice(
            known(node, where, node if isinstance(node, Mapping) else ()).get("expect"), FORMS, f"{where}.expect"
        )
        known(node, where, (*COMMON, *WORDS, *FORMS[expect]))
        each = [self.axis(axis, f"{where}.each") for axis in listed(node.get("each"))]
        fixed = self.selection(node, where)
        for levels in itertools.product(*(fixed.get(axis) or self.texts(axis) for axis in each)):
            chosen = {**fixed, **{axis: (level,) for axis, level in zip(each, levels, strict=True)}}
            level = ", ".join(f"{axis}={text}" for axis, text in zip(each, levels, strict=True))
            yield self.claim(node, where, expect, chosen, level)

    def claim(self, node: Mapping[str, Any], where: str, expect: str, fixed: Where, level: str = "") -> Claim:
        """Read one claim whose cells are chosen."""
        if ("metric" in node) == ("share" in node):
            raise ConfigError(f"{where}: expected either metric or share")
        share, exact = "share" in node, flag(node, "exact", where) or expect == "identity"
        left = Side(
            self.expression(node.get("metric", node.get("share")), f"{where}.{'share' if share else 'metric'}"), fixed
        )
        right = self.other(node.get("than"), left, f"{where}.than")
        choose, reduce = (
            self.choose(node.get("choose"), f"{where}.choose"),
            self.folds(node.get("reduce"), f"{where}.reduce"),
        )
        across, truth = self.across(node.get("across"), f"{where}.across")
        ratio = "factor" in node
        if ratio and "than" not in node:
            if "minus" not in node:
                raise ConfigError(f"{where}.than: missing; a factor needs something to divide by")
            right = 1.0
        folded = {fold.over for fold in reduce} | ({choose.over} if choose else set())
        if expect in ("increasing", "decreasing"):
            parts = self.steps(node, where, expect, left)
        elif expect == "threshold":
            parts = self.threshold(node, where, left, folded)
        else:
            parts = [Part(left, right, *region(node, where, expect, ratio))]
        if expect in ("increasing", "decreasing", "threshold") and "than" in node:
            raise ConfigError(f"{where}.than: {expect} compares levels, nothing else")
        if share and (
            exact or reduce or choose or ratio or across != "mean" or expect not in tuple(FORMS)[:4] or "minus" in node
        ):
            raise ConfigError(f"{where}.share: takes greater, less, equal or between of plain shares only")
        if exact and across != "mean":
            raise ConfigError(f"{where}.across: an exact claim looks at every run by itself")
        minus = self.levels(node["minus"], f"{where}.minus") if node.get("minus") else None
        for side in [side for part in parts for side in (part.left, part.right) if isinstance(side, Side)]:
            self.nothing_open(side.where, folded, exact, where)
        expected = choice(node.get("expect_verdict", "holds"), VERDICTS[:2], f"{where}.expect_verdict")
        instead = text(node, "truth", where)
        if (expected == "refuted") != bool(instead):
            raise ConfigError(
                f"{where}.truth: say what is true instead where expect_verdict is refuted, and only there"
            )
        control = flag(node, "control", where)
        if control and expect not in EQUIVALENCES:
            raise ConfigError(
                f"{where}.control: in a control the effect vanishes; expected one of {', '.join(EQUIVALENCES)}"
            )
        diverged = number(node, "diverged", where) if node.get("diverged") is not None else self.diverged
        return Claim(
            where, expect, tuple(parts), minus, share, ratio, exact, choose, reduce, across, truth,
            text(node, "say", where), level, control, expected, instead, diverged,
        )  # fmt: skip

    def axis(self, name: Any, where: str) -> str:
        """Return the name of an axis that there is, other than that of the replicates."""
        if name not in self.axes or name in (SEED, self.replicate):
            raise ConfigError(f"{where}: no such axis: {name!r}{nearest(str(name), self.free())}")
        return str(name)

    def free(self) -> list[str]:
        """Return the axes that claims can name."""
        return [axis for axis in self.axes if axis not in (SEED, self.replicate)]

    def texts(self, axis: str) -> tuple[str, ...]:
        """Return the levels of an axis as texts."""
        return tuple(level.text for level in self.axes[axis])

    def levels(self, node: Any, where: str) -> dict[str, tuple[str, ...]]:
        """Read `{axis: level}` or `{axis: [levels]}`."""
        found = {}
        for axis, value in known(node, where, node if isinstance(node, Mapping) else ()).items():
            self.axis(axis, where)
            values = [value]
            if isinstance(value, list) and not any(level.value == value for level in self.axes[axis]):
                values = value
            found[axis] = tuple(level_of(self.axes, axis, v, f"{where}.{axis}").text for v in values)
        return found

    def selection(self, node: Mapping[str, Any], where: str) -> dict[str, tuple[str, ...]]:
        """Read `arm` and `at`."""
        found = self.levels(node.get("at") or {}, f"{where}.at")
        if node.get("arm") is not None:
            found[ARM] = (level_of(self.axes, ARM, node["arm"], f"{where}.arm").text,)
        return found

    def expression(self, written: Any, where: str) -> Expression:
        """Read an expression, or one that the study names."""
        return parse(self.names.get(written, written) if isinstance(written, str) else written, where)

    def other(self, node: Any, left: Side, where: str) -> Side | float:
        """Read the right side: nothing, a number, an arm, or what differs from the left side."""
        if node is None:
            return 0.0
        if isinstance(node, int | float) and not isinstance(node, bool):
            return float(node)
        if isinstance(node, str):
            return Side(left.metric, {**left.where, ARM: (level_of(self.axes, ARM, node, where).text,)})
        if not isinstance(node, Mapping):
            raise ConfigError(f"{where}: expected an arm, a number or levels of axes, got {node!r}")
        metric = self.expression(node["metric"], f"{where}.metric") if "metric" in node else left.metric
        rest = {axis: value for axis, value in node.items() if axis != "metric"}
        return Side(metric, {**left.where, **self.levels(rest, where)})

    def choose(self, node: Any, where: str) -> Choose | None:
        """Read `choose`."""
        if node is None:
            return None
        known(node, where, ("over", "by", "per", "goal"), ("over", "by"))
        by = self.expression(node["by"], f"{where}.by")
        if any(name.startswith("test/") for name in by.names):
            raise ConfigError(f"{where}.by: expected a validation metric; the test split must not choose")
        goal = node.get("goal") or direction(by.names[0] if by.names else "")
        return Choose(
            self.axis(node["over"], f"{where}.over"),
            by,
            choice(goal, ("min", "max"), f"{where}.goal") == "max",
            choice(node.get("per", "seed"), ("seed", "arm"), f"{where}.per"),
        )

    def folds(self, node: Any, where: str) -> tuple[Fold, ...]:
        """Read `reduce`: one fold or a list of them."""
        found = []
        for item in listed(node):
            known(item, where, ("over", "by", "level", "log"), ("over", "by"))
            by = choice(item["by"], REDUCTIONS, f"{where}.by")
            leveled = by in ("count_above", "crossing")
            if not leveled and "level" in item:
                raise ConfigError(f"{where}.level: {by} has no level; count_above and crossing have")
            level = number(item, "level", where) if leveled else math.nan
            over = self.axis(item["over"], f"{where}.over")
            numeric = all(isinstance(level.value, int | float) for level in self.axes[over])
            if by in ("slope", "crossing", "argmin", "argmax") and not numeric:
                raise ConfigError(f"{where}.over: {by} needs an axis of numbers, {over} has none")
            found.append(Fold(over, by, level, flag(item, "log", where)))
        return tuple(found)

    def across(self, node: Any, where: str) -> tuple[str, Expression | None]:
        """Read `across`."""
        if node is None:
            return "mean", None
        if isinstance(node, str):
            node = {"by": node}
        known(node, where, ("by", "truth"), ("by",))
        by = choice(node["by"], ACROSS, f"{where}.by")
        if (by == "bias") != ("truth" in node):
            raise ConfigError(f"{where}.truth: expected where by is bias, and only there")
        return by, self.expression(node["truth"], f"{where}.truth") if by == "bias" else None

    def steps(self, node: Mapping[str, Any], where: str, expect: str, left: Side) -> list[Part]:
        """Return one part for each step from a level to the next."""
        over = self.axis(node.get("over"), f"{where}.over")
        margin = number(node, "margin", where, 0)
        levels = left.where.get(over) or self.texts(over)
        if len(levels) < 2:
            raise ConfigError(f"{where}.over: {over} has one level; a trend needs two")
        low, high = (margin, math.inf) if expect == "increasing" else (-math.inf, -margin)
        return [
            Part(
                Side(left.metric, {**left.where, over: (b,)}), Side(left.metric, {**left.where, over: (a,)}), low, high
            )
            for a, b in itertools.pairwise(levels)
        ]

    def threshold(self, node: Mapping[str, Any], where: str, left: Side, folded: set[str]) -> list[Part]:
        """Return one part for each cell, on the side that the condition says."""
        when = parse(node.get("when"), f"{where}.when")
        for name in when.names:
            self.axis(name, f"{where}.when")
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
        open_axes = [axis for axis in self.free() if axis not in folded]
        values = {axis: {level.text: level.value for level in self.axes[axis]} for axis in open_axes}
        parts = []
        for levels in itertools.product(*(left.where.get(axis) or self.texts(axis) for axis in open_axes)):
            at = dict(zip(open_axes, levels, strict=True))
            true = bool(when({axis: values[axis][text] for axis, text in at.items()}.__getitem__))
            parts.append(
                Part(Side(left.metric, {**left.where, **{a: (t,) for a, t in at.items()}}), 0.0, *regions[true])
            )
        if len({part.low for part in parts}) < 2:
            raise ConfigError(f"{where}.when: is the same in every cell; a threshold needs cells on both sides")
        return parts

    def nothing_open(self, where_: Where, folded: set[str], exact: bool, where: str) -> None:
        """Refuse a side that leaves an axis open."""
        for axis in self.free():
            if not exact and axis not in folded and len(where_.get(axis) or self.axes[axis]) > 1:
                raise ConfigError(
                    f"{where}: leaves {axis} open; choose a level by at (an arm by arm), fold the axis by reduce, "
                    "or judge each level by each"
                )


def region(node: Mapping[str, Any], where: str, expect: str, ratio: bool) -> tuple[float, float]:
    """Return the interval of differences (of log ratios) in which a claim is true."""
    if expect == "identity":
        tolerance = number(node, "tolerance", where, 0)
        return -tolerance, tolerance
    if expect == "between":
        bounds = node.get("range")
        if not isinstance(bounds, list) or len(bounds) != 2 or not all(type(b) in (int, float) for b in bounds):
            raise ConfigError(f"{where}.range: expected [low, high], got {bounds!r}")
        if bounds[0] >= bounds[1]:
            raise ConfigError(f"{where}.range: expected low < high, got {bounds!r}")
        return float(bounds[0]), float(bounds[1])
    key = "within" if expect == "equal" else "margin"
    if ratio == (key in node):
        raise ConfigError(f"{where}: expected either {key} (a difference) or factor (a ratio)")
    if ratio:
        size = math.log(number(node, "factor", where, 1 if expect == "equal" else 0, open_=True))
        return {"greater": (size, math.inf), "less": (-math.inf, size), "equal": (-size, size)}[expect]
    size = number(node, key, where, 0, open_=expect == "equal" and not node.get("exact"))
    return {"greater": (size, math.inf), "less": (-math.inf, -size), "equal": (-size, size)}[expect]
