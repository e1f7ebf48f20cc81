"""Reading the claims and the facts of a study: their forms, their cells and their reductions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlx.config.reading import choice, flag, goal, known, listed, number, text
from dlx.errors import ConfigError
from dlx.study.read.claim import TRENDS, Choose, Claim, Fold, Part, Side, Where
from dlx.study.read.expression import Expression
from dlx.study.read.figures import check_figures, with_levels
from dlx.study.read.forms import COMMON, FORMS, OVER_SEEDS, VERDICTS, refuse_kind, refuse_words
from dlx.study.read.names import Names
from dlx.study.read.regions import region, steps, threshold
from dlx.sweep.cells import ARM, level_of

REDUCTIONS = ("min", "max", "mean", "sd", "variance", "argmin", "argmax", "count_above", "crossing", "slope")
ACROSS = ("mean", "median", "sd", "variance", "bias")


def claims_of(nodes: Any, names: Names, diverged: float | None, facts: bool = False) -> list[Claim]:
    """Return the claims or the facts of a study; an entry with `each` becomes one for each level.

    Args:
        nodes: the list `study.claims` or `study.facts` of the file.
        names: the axes, levels and named expressions of the study.
        diverged: the value of a diverged run, unless an entry defines its own.
        facts: True for facts, which are checked in every run; False for claims, which are judged over seeds.

    Raises:
        ConfigError: An entry is invalid; the message names its key and what was expected.
    """
    key = "facts" if facts else "claims"
    if not isinstance(nodes, list) or not nodes:
        raise ConfigError(f"study.{key}: expected a list of {key}")
    reader = Reader(names, diverged, facts)
    return [claim for position, node in enumerate(nodes) for claim in reader.claims(node, f"study.{key}[{position}]")]


@dataclass(frozen=True)
class Reader:
    """Reads the claims or the facts of a study.

    Attributes:
        names: the axes, levels and expressions of the study.
        diverged: the value of a diverged run, unless an entry defines its own.
        facts: True if the entries are facts.
    """

    names: Names
    diverged: float | None
    facts: bool

    def claims(self, node: Any, where: str) -> Iterator[Claim]:
        """Yield the claims of one entry: one, or one for each level of `each`."""
        known(node, where, node if isinstance(node, Mapping) else ())
        refuse_kind(node, where, self.facts)
        forms = [form for form in FORMS if self.facts or form != "identity"]
        expect = choice(node.get("expect"), forms, f"{where}.expect")
        known(node, where, (*COMMON, *(() if self.facts else OVER_SEEDS), *FORMS[expect]))
        each = [self.names.axis(axis, f"{where}.each") for axis in listed(node.get("each"))]
        fixed = self.names.selection(node, where)
        for levels in itertools.product(*(fixed.get(axis) or self.names.texts(axis) for axis in each)):
            at = dict(zip(each, levels, strict=True))
            yield self.claim(node, where, expect, {**fixed, **{axis: (level,) for axis, level in at.items()}}, at)

    def claim(self, node: Mapping[str, Any], where: str, expect: str, fixed: Where, at: Mapping[str, str]) -> Claim:
        """Return one claim with the given cells, of which `at` are the levels that `each` has chosen."""
        share = "share" in node
        refuse_words(node, where, expect, share)
        left, right = self.sides(node, where, fixed)
        reduce = self.folds(node.get("reduce"), f"{where}.reduce")
        choose = self.choose(node.get("choose"), f"{where}.choose")
        folded = {fold.over for fold in reduce} | ({choose.over} if choose else set())
        if expect in TRENDS:
            parts = steps(self.names, node, where, expect, left)
        elif expect == "threshold":
            parts = threshold(self.names, node, where, left, folded)
        else:
            parts = [Part(left, right, *region(node, where, expect, self.facts))]
        for side in [side for part in parts for side in (part.left, part.right) if isinstance(side, Side)]:
            self.nothing_open(side.where, folded, where)
        across, truth = self.across(node.get("across"), f"{where}.across")
        said, instead = text(node, "say", where), text(node, "truth", where)
        for key, words in (("say", said), ("truth", instead)):
            check_figures(words, at, expect in (*TRENDS, "threshold"), f"{where}.{key}")
        return Claim(
            where=where,
            expect=expect,
            parts=tuple(parts),
            minus=self.names.levels(node["minus"], f"{where}.minus") if node.get("minus") else None,
            share=share,
            ratio="factor" in node,
            fact=self.facts,
            choose=choose,
            reduce=reduce,
            across=across,
            truth=truth,
            say=with_levels(said, at),
            level=", ".join(f"{axis}={level}" for axis, level in at.items() if f"{{{axis}}}" not in said),
            control=flag(node, "control", where),
            expected=choice(node.get("expect_verdict", "holds"), VERDICTS[:2], f"{where}.expect_verdict"),
            instead=with_levels(instead, at),
            diverged=number(node, "diverged", where) if node.get("diverged") is not None else self.diverged,
            resolution=number(node, "resolution", where, 0, open_=True) if "resolution" in node else None,
        )

    def sides(self, node: Mapping[str, Any], where: str, fixed: Where) -> tuple[Side, Side | float]:
        """Return the two sides of the comparison; a ratio of differences is compared with 1."""
        key = "share" if "share" in node else "metric"
        left = Side(self.names.expression(node[key], f"{where}.{key}"), fixed)
        if "factor" in node and "than" not in node:
            if "minus" not in node:
                raise ConfigError(f"{where}.than: missing; a factor needs something to divide by")
            return left, 1.0
        return left, self.other(node.get("than"), left, f"{where}.than")

    def other(self, node: Any, left: Side, where: str) -> Side | float:
        """Return the right side: 0 by default, a number, an arm, or the levels that differ from the left side."""
        if node is None:
            return 0.0
        if isinstance(node, int | float) and not isinstance(node, bool):
            return float(node)
        if isinstance(node, str):
            return Side(left.metric, {**left.where, ARM: (level_of(self.names.axes, ARM, node, where).text,)})
        if not isinstance(node, Mapping):
            raise ConfigError(f"{where}: expected an arm, a number or levels of axes, got {node!r}")
        metric = self.names.expression(node["metric"], f"{where}.metric") if "metric" in node else left.metric
        rest = {axis: value for axis, value in node.items() if axis != "metric"}
        return Side(metric, {**left.where, **self.names.levels(rest, where)})

    def choose(self, node: Any, where: str) -> Choose | None:
        """Return the selection that `choose` describes."""
        if node is None:
            return None
        known(node, where, ("over", "by", "per", "goal"), ("over", "by"))
        by = self.names.expression(node["by"], f"{where}.by")
        if any(name.startswith("test/") for name in by.names):
            raise ConfigError(f"{where}.by: expected a validation metric; the test split must not choose")
        return Choose(
            self.names.axis(node["over"], f"{where}.over"),
            by,
            goal(node, where),
            choice(node.get("per", "seed"), ("seed", "arm"), f"{where}.per"),
        )

    def folds(self, node: Any, where: str) -> tuple[Fold, ...]:
        """Return the reductions that `reduce` describes: one or a list of them."""
        found = []
        for item in listed(node):
            known(item, where, ("over", "by", "level", "log"), ("over", "by"))
            by = choice(item["by"], REDUCTIONS, f"{where}.by")
            leveled = by in ("count_above", "crossing")
            if not leveled and "level" in item:
                raise ConfigError(f"{where}.level: {by} has no level; count_above and crossing have")
            level = number(item, "level", where) if leveled else math.nan
            over = self.names.axis(item["over"], f"{where}.over")
            numeric = all(isinstance(level.value, int | float) for level in self.names.axes[over])
            if by in ("slope", "crossing", "argmin", "argmax") and not numeric:
                raise ConfigError(f"{where}.over: {by} needs an axis of numbers, {over} has none")
            found.append(Fold(over, by, level, flag(item, "log", where)))
        return tuple(found)

    def across(self, node: Any, where: str) -> tuple[str, Expression | None]:
        """Return the statistic over seeds that `across` describes, and the true value for a bias."""
        if node is None:
            return "mean", None
        if isinstance(node, str):
            node = {"by": node}
        known(node, where, ("by", "truth"), ("by",))
        by = choice(node["by"], ACROSS, f"{where}.by")
        if (by == "bias") != ("truth" in node):
            raise ConfigError(f"{where}.truth: expected where by is bias, and only there")
        return by, self.names.expression(node["truth"], f"{where}.truth") if by == "bias" else None

    def nothing_open(self, where_: Where, folded: set[str], where: str) -> None:
        """Refuse a side of a claim that leaves an axis open; a fact is checked in every cell."""
        for axis in self.names.free():
            if not self.facts and axis not in folded and len(where_.get(axis) or self.names.axes[axis]) > 1:
                raise ConfigError(
                    f"{where}: leaves {axis} open; choose a level by at (an arm by arm), fold the axis by reduce, "
                    "or judge each level by each"
                )
