"""The forms of claims and facts: their keys, and the keys that exclude each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlx.errors import ConfigError
from dlx.study.read.claim import TRENDS

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
EQUIVALENCES = ("equal", "between", "threshold")
SHARED = ("greater", "less", "equal", "between")  # the forms that are defined for shares of runs
COMMON = (
    "metric", "arm", "at", "than", "minus", "each", "reduce", "expect", "say", "expect_verdict", "truth", "diverged",
)  # fmt: skip
OVER_SEEDS = ("share", "choose", "across", "control", "resolution")  # keys of claims; a fact is checked in every run


def refuse_kind(node: Mapping[str, Any], where: str, facts: bool) -> None:
    """Refuse a key of claims in a fact, and the form of a fact among claims.

    Raises:
        ConfigError: The entry belongs into the other list, or a key has to go; the message says which.
    """
    if facts:
        if "exact" in node:
            raise ConfigError(f"{where}.exact: every fact is checked in every run; remove this key")
        for key in OVER_SEEDS:
            if key in node:
                raise ConfigError(
                    f"{where}.{key}: a fact is checked in every run, without statistics; remove this key, or move this "
                    "entry to study.claims if seeds can change it"
                )
        return
    if "exact" in node:
        raise ConfigError(f"{where}.exact: claims are judged over seeds; move this entry to study.facts without exact")
    if node.get("expect") == "identity":
        raise ConfigError(f"{where}.expect: identity is for facts; move this entry to study.facts")


def refuse_words(node: Mapping[str, Any], where: str, expect: str, share: bool) -> None:
    """Refuse keys that exclude each other in one claim.

    Raises:
        ConfigError: Keys exclude each other; the message names them.
    """
    if ("metric" in node) == share:
        raise ConfigError(f"{where}: expected either metric or share")
    if (expect in TRENDS or expect == "threshold") and "than" in node:
        raise ConfigError(f"{where}.than: {expect} compares levels, nothing else")
    plain = not ({"reduce", "choose", "factor", "minus"} & {*node} or node.get("across", "mean") != "mean")
    if share and not (plain and expect in SHARED):
        raise ConfigError(f"{where}.share: takes greater, less, equal or between of plain shares only")
    if (node.get("expect_verdict") == "refuted") != bool(node.get("truth")):
        raise ConfigError(f"{where}.truth: say what is true instead where expect_verdict is refuted, and only there")
    if node.get("control") and expect not in EQUIVALENCES:
        raise ConfigError(
            f"{where}.control: in a control the effect vanishes; expected one of {', '.join(EQUIVALENCES)}"
        )
