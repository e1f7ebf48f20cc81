"""The arm that the validation split chooses, and whether its difference from the others is one, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlx.results.arms import Arm, mean_std
from dlx.results.compare import ALPHA, Comparison, PairTest, by_seed, named
from dlx.results.escape import is_number as number_text
from dlx.results.escape import plain
from dlx.results.intervals import p_text
from dlx.results.metric_info import MetricOrder
from dlx.results.table import best_of, value_text, wrapped

MOST_NAMED = 4  # arms that a sentence names


@dataclass(frozen=True)
class Selection:
    """The arm with the best mean of a validation metric.

    Attributes:
        metric: the metric, such as `val/accuracy`.
        best: index of the arm.
        second: index of the runner-up.
        means: the mean of each arm; nan without a run that has the metric.
    """

    metric: str
    best: int
    second: int
    means: Sequence[float]


def select(comparison: Comparison) -> Selection | None:
    """Return the arm that the validation split chooses; None with fewer than two arms or without a validation metric.

    The metric is the first headline metric with a known direction, or else the loss. The test split never chooses.
    """
    metric = validation_metric(comparison.arms, comparison.order)
    if metric is None or comparison.mixed:
        return None
    means = [mean_std(finite(arm, metric))[0] for arm in comparison.arms]
    better = comparison.order.better(metric)
    best = best_of(means, better)
    if best is None:
        return None
    others = [math.nan if place == best else mean for place, mean in enumerate(means)]
    there = [place for place, mean in enumerate(others) if math.isfinite(mean)]
    second = (max if better == "max" else min)(there, key=lambda place: others[place])
    return Selection(metric, best, second, means)


def validation_metric(arms: Sequence[Arm], order: MetricOrder) -> str | None:
    """Return the validation metric that chooses among arms; None if there is none."""
    there = {name for arm in arms for run in arm.runs for name in run.metrics}
    headlines = [name for name, info in order.info.items() if info.headline]
    names = [f"val/{name}" for name in (*headlines, "loss")]
    return next((name for name in names if name in there and order.better(name)), None)


def selection_lines(comparison: Comparison, width: int) -> list[str]:
    """Return the chosen arm with its test metric, and whether it differs from the others; no line without a choice.

    Args:
        comparison: the arms.
        width: number of columns; longer lines are wrapped between words.
    """
    found = select(comparison)
    if found is None:
        return []
    name = names_of(comparison)
    tested = f"test/{found.metric.removeprefix('val/')}"
    test = finite(comparison.arms[found.best], tested)
    beside = f" ({tested} {four(mean_std(test)[0])})" if test else ""
    said = [
        f"chosen  {name[found.best]} by {found.metric} {four(found.means[found.best])}{beside}",
        f"differs {difference(comparison, found, name)}",
    ]
    return [line for text in said for line in wrapped(plain(text), width, "", " " * 8)]


def difference(comparison: Comparison, found: Selection, name: Sequence[str]) -> str:
    """Return whether the chosen arm differs from the runner-up, and from which others it does, in a sentence."""
    best, second = found.best, found.second
    said = f"{name[best]} {four(found.means[best])}, {name[second]} {four(found.means[second])} ({found.metric})"
    tests = {frozenset((test.first, test.second)): test for test in comparison.tests(found.metric)}
    test = tests.get(frozenset((best, second)))
    if test is None:
        return f"{said}: one run an arm cannot say whether this is a difference; more seeds can"
    clear = [place for place in range(len(name)) if is_clear(tests.get(frozenset((best, place))))]
    said += f": {verdict(test, found, name)}, {p_text(test.p)}, {seeds(comparison, found)}"
    others = [name[place] for place in clear if place != second]
    if len(name) > 2 and others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        said += f"; clearly different from {', '.join(others[:MOST_NAMED])}{more}"
    return f"{said} (Holm over all pairs)" if len(tests) > 1 else said


def verdict(test: PairTest, found: Selection, name: Sequence[str]) -> str:
    """Return the result of the test of the chosen arm and the runner-up in words."""
    if not is_clear(test):
        return "no clear difference"
    return f"{name[found.best]} is {'higher' if found.means[found.best] > found.means[found.second] else 'lower'}"


def is_clear(test: PairTest | None) -> bool:
    """Return True if a test finds a difference."""
    return test is not None and test.p < ALPHA


def seeds(comparison: Comparison, found: Selection) -> str:
    """Return the number of seeds of the chosen arm and the runner-up in words."""
    first, second = (len(by_seed(comparison.arms[place], found.metric)) for place in (found.best, found.second))
    return f"{first} seeds" if first == second else f"{first} and {second} seeds"


def names_of(comparison: Comparison) -> list[str]:
    """Return the name of each arm: the option in which it differs; with its key if it is a number, or several are."""
    keys = comparison.keys
    if not keys:
        return ["all runs"] * len(comparison.arms)
    if len(keys) == 1 and not any(is_number(arm.parameters.get(keys[0], "")) for arm in comparison.arms):
        return [value_text(arm.parameters.get(keys[0], "")) for arm in comparison.arms]
    return [named(arm, keys) for arm in comparison.arms]


def is_number(value: object) -> bool:
    """Return True for a number, also as the text of a level, and for true, false and null."""
    return value_text(value) in ("true", "false", "null") or number_text(str(value))


def finite(arm: Arm, metric: str) -> list[float]:
    """Return the finite values of a metric over the runs of an arm."""
    return [value for value in arm.values(metric) if math.isfinite(value)]


def four(value: float) -> str:
    """Return a number with four significant digits."""
    return f"{value:.4g}"
