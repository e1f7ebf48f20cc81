"""The simulated studies of judge.py: populations whose true means are known, and claims on or beyond their border.

A population draws the values of the arms for n seeds. `Known` says what dlx knows of such a metric in real runs: the
naive baseline to which a failed run falls back, and the number of test examples if the metric counts them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arms = Mapping[str, np.ndarray]
Draw = Callable[[np.random.Generator, int, float], Arms]
LEVEL, POWER, DECIDED, BEYOND = "level", "power", "decided", "not promised"


@dataclass(frozen=True)
class Known:
    """What is known of a metric besides its values.

    Attributes:
        baseline: the value of a failed run; None if the metric has no baseline.
        examples: number of test examples of a metric that counts them; 0 for other metrics.
        train: number of training examples for each test example; 0 if it is not recorded.
    """

    baseline: float | None = None
    examples: int = 0
    train: float = 0.0


@dataclass(frozen=True)
class Cell:
    """One row of the table.

    Attributes:
        name: the population and the claim.
        kind: what is asked: the error rate with the truth on the border, the power beside a t test, or the share of
            studies that are decided.
        sizes: numbers of seeds.
        draw: draws the arms for n seeds, shifted by a number of standard deviations of the paired difference beyond the
            border.
        claims: the claims as a study states them.
        known: what is known of the metric.
        shift: the shift in the study.
        replicate: the axis of the statistical units.
        looks: True to look up to three times, each time with the seeds that are said to decide.
    """

    name: str
    kind: str
    sizes: tuple[int, ...]
    draw: Draw
    claims: tuple[Mapping[str, Any], ...]
    known: Known = field(default_factory=Known)
    shift: float = 0.0
    replicate: str = "seed"
    looks: bool = False


def claim(expect: str, left: str = "a", right: Any = "b", **more: Any) -> dict[str, Any]:
    """Return a claim on two arms, or on one arm and a number."""
    return {"metric": "test/m", "arm": left, "than": right, "expect": expect, **more}


def normal(sd: float = 1.0, common: float = 2.0, mean: float = 0.0) -> Draw:
    """Draw two normal arms with a common disturbance by seed; the border is at a difference of 0."""

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        seed = mean + rng.normal(0, common * sd, n)
        each = sd / math.sqrt(2)
        return {"a": seed + shift * sd + rng.normal(0, each, n), "b": seed + rng.normal(0, each, n)}

    return draw


def equal_at(border: float) -> Draw:
    """Draw two normal arms whose difference is `border` standard deviations minus the shift."""
    return lambda rng, n, shift: normal()(rng, n, border - shift)


def lognormal(first: float, second: float | None, common: float = 0.0) -> Draw:
    """Draw lognormal arms with equal arithmetic means of 1, and these standard deviations of the logarithms.

    The shift multiplies the mean of the first arm (or of the only one), by standard deviations of the difference.
    """

    def one(rng: np.random.Generator, s: float, seed: np.ndarray) -> np.ndarray:
        return np.exp(seed + rng.normal(0, s, len(seed)) - (s**2 + common**2) / 2)

    spread = math.sqrt(
        math.exp(first**2 + common**2) - 1 + (math.exp((second or 0) ** 2 + common**2) - 1 if second else 0)
    )

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        seed = rng.normal(0, common, n) if common else np.zeros(n)
        arms = {"a": one(rng, first, seed) * (1 + shift * spread)}
        return arms if second is None else {**arms, "b": one(rng, second, seed)}

    return draw


def exponential(rng: np.random.Generator, n: int, shift: float) -> Arms:
    """Draw exponential values around 0, whose bound is not known to the judge."""
    return {"a": rng.exponential(1, n) - 1 + shift}


def around_its_median(rng: np.random.Generator, n: int, shift: float) -> Arms:
    """Draw exponential values whose median is the shift."""
    return {"a": rng.exponential(1, n) - math.log(2) + shift}


def accuracy(p: float, q: float | None, examples: int) -> Draw:
    """Draw accuracies on a few examples, with ties; the shift is in standard deviations of the difference."""

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        sd = math.sqrt((p * (1 - p) + (q * (1 - q) if q else 0)) / examples)
        high = min(1.0, p + shift * sd)
        arms = {"a": rng.binomial(examples, high, n) / examples}
        return arms if q is None else {**arms, "b": rng.binomial(examples, q, n) / examples}

    return draw


def ceiling(rng: np.random.Generator, n: int, shift: float) -> Arms:
    """Draw accuracies below a ceiling of 1: the errors are lognormal with a mean of .03, counted on 360 examples."""
    spread = 0.03 * math.sqrt(math.e - 1)
    error = 0.03 * np.exp(rng.normal(-0.5, 1, n))
    other = 0.03 + shift * spread + rng.normal(0, 0.004, n)
    return {"a": np.round((1 - error) * 360) / 360, "b": np.round((1 - other) * 360) / 360}


FALL = 0.85  # how far a failing run falls in `failing`


def failing(rate: float, both: bool = False, sd: float = 0.01) -> Draw:
    """Draw accuracies of .95 and .9; a share of the runs of the first arm, or of both, fails to chance (.1).

    The second arm is shifted so that the true means differ by 0 and the shift.
    """

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        spread = math.sqrt(rate * (1 - rate)) * FALL
        fails = rng.random(n) < rate
        a = np.where(fails, 0.1, 0.95) + rng.normal(0, sd, n)
        level = 0.95 - (0 if both else rate * FALL) - shift * spread
        b = np.where((rng.random(n) < rate) & both, 0.1, level) + rng.normal(0, sd, n)
        return {"a": a, "b": b}

    return draw


def several(draw: Draw, number: int) -> Draw:
    """Draw pairs of arms a0, b0, a1, b1, ... independently."""

    def every(rng: np.random.Generator, n: int, shift: float) -> Arms:
        pairs = [draw(rng, n, shift) for _ in range(number)]
        return {f"{arm}{i}": values for i, pair in enumerate(pairs) for arm, values in pair.items()}

    return every


def autoregression(rho: float) -> Draw:
    """Draw folds whose differences follow a first-order autoregression."""

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        x = rng.normal(0, 1, n)
        for i in range(1, n):
            x[i] = rho * x[i - 1] + math.sqrt(1 - rho**2) * x[i]
        return {"a": x + shift, "b": np.zeros(n)}

    return draw


def overlapping(share: float) -> Draw:
    """Draw folds of which each two have this correlation, as those that share training data."""

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        x = math.sqrt(share) * rng.normal() + math.sqrt(1 - share) * rng.normal(0, 1, n)
        return {"a": x + shift, "b": np.zeros(n)}

    return draw


def shares(p: float, q: float) -> Draw:
    """Draw whether runs have a property, with these probabilities and shared luck in half of the seeds."""

    def draw(rng: np.random.Generator, n: int, shift: float) -> Arms:
        luck = rng.random(n)
        other = np.where(rng.random(n) < 0.5, luck, rng.random(n))
        return {"a": (luck < min(1.0, p + shift)) * 1.0, "b": (other < q) * 1.0}

    return draw


GREATER = (claim("greater", margin=0),)
THREE = tuple(claim("greater", f"a{i}", f"b{i}", margin=0) for i in range(3))
CHANCE, COUNTED = Known(baseline=0.1), Known(baseline=0.1, examples=360)
FEW = (5, 10, 20)


def share_claim(p: float, q: float, low: float, high: float) -> tuple[Mapping[str, Any], ...]:
    """Return a claim that a difference of shares lies between two numbers."""
    return ({"share": "test/m > 0.5", "arm": "a", "than": "b", "expect": "between", "range": [low, high]},)


def one_arm(expect: str, than: float, **more: Any) -> tuple[Mapping[str, Any], ...]:
    """Return a claim on the arm a and a number."""
    return (claim(expect, "a", than, **more),)


LEVELS = (
    Cell("normal, greater", LEVEL, (3, *FEW), normal(), GREATER),
    Cell("normal, equal within 2 sd", LEVEL, FEW, equal_at(2), (claim("equal", within=2),)),
    Cell("normal, three claims", LEVEL, FEW, several(normal(), 3), THREE),
    Cell(
        "share of two arms, between 0 and .3: true .3",
        LEVEL,
        (*FEW, 50),
        shares(0.6, 0.3),
        share_claim(0.6, 0.3, 0, 0.3),
    ),
    Cell(
        "share of two arms, between 0 and .3: true 0",
        LEVEL,
        (*FEW, 50),
        shares(0.5, 0.5),
        share_claim(0.5, 0.5, 0, 0.3),
    ),
    Cell(
        "share of one arm, greater than .7",
        LEVEL,
        FEW,
        shares(0.7, 0.5),
        ({"share": "test/m > 0.5", "arm": "a", "than": 0.7, "expect": "greater", "margin": 0},),
    ),
    Cell(
        "sd of one arm, normal",
        LEVEL,
        (10, 20),
        normal(common=1 / math.sqrt(2)),
        one_arm("greater", 1.0, across="sd", margin=0),
    ),
    Cell(
        "variance of one arm, normal",
        LEVEL,
        (10, 20),
        normal(common=1 / math.sqrt(2)),
        one_arm("between", 0.0, across="variance", range=[1.0, 9.0]),
    ),
    Cell(
        "variance of one arm, lognormal",
        LEVEL,
        (10, 20),
        lognormal(0.5, None),
        one_arm("greater", math.exp(0.25) - 1, across="variance", margin=0),
    ),
    Cell("sd of two arms, ratio", LEVEL, (10, 20), normal(common=0), (claim("greater", across="sd", factor=1),)),
    Cell(
        "accuracy near 1 on 30 examples, one arm",
        LEVEL,
        (3, *FEW),
        accuracy(0.99, None, 30),
        one_arm("greater", 0.99, margin=0),
        Known(examples=30),
    ),
    Cell(
        "accuracy near 1 on 30 examples, two arms",
        LEVEL,
        (3, *FEW),
        accuracy(0.99, 0.99, 30),
        GREATER,
        Known(examples=30),
    ),
    Cell("lognormal (s = 1), one arm", LEVEL, FEW, lognormal(1, None), one_arm("greater", 1.0, margin=0)),
    Cell("lognormal (s = 2), one arm", LEVEL, FEW, lognormal(2, None), one_arm("less", 1.0, margin=0)),
    Cell("lognormal (s = 1 and .5), two arms", LEVEL, FEW, lognormal(1, 0.5), GREATER),
    Cell("lognormal, three claims", LEVEL, FEW, several(lognormal(1, 0.5), 3), THREE),
    Cell("lognormal, a common factor by seed", LEVEL, FEW, lognormal(0.5, 0.25, 1.0), GREATER),
    Cell("ratio of lognormal means (s = 1 and .25)", LEVEL, FEW, lognormal(1, 0.25), (claim("greater", factor=1),)),
    Cell("exponential, without a known bound", LEVEL, (10, 20), exponential, one_arm("greater", 0.0, margin=0)),
    Cell(
        "median of exponential values",
        LEVEL,
        (10, 20),
        around_its_median,
        one_arm("greater", 0.0, across="median", margin=0),
    ),
    Cell("accuracy below a ceiling", LEVEL, FEW, ceiling, GREATER, COUNTED),
    Cell("one run in five fails", LEVEL, (*FEW, 14), failing(0.2), GREATER, CHANCE),
    Cell("one run in five fails, less", LEVEL, (*FEW, 14), failing(0.2), (claim("less", "b", "a", margin=0),), CHANCE),
    Cell("one run in five fails, three claims", LEVEL, (*FEW, 14, 19), several(failing(0.2), 3), THREE, CHANCE),
    Cell("one run in five fails in both arms", LEVEL, FEW, failing(0.2, both=True), GREATER, CHANCE),
    Cell("one in five fails, no baseline, three claims", LEVEL, (5, 20), several(failing(0.2), 3), THREE),
    Cell("folds, autocorrelation .3", LEVEL, (5, 8, 20), autoregression(0.3), GREATER, replicate="fold"),
    Cell("folds, autocorrelation .6", LEVEL, (5, 8, 20), autoregression(0.6), GREATER, replicate="fold"),
    Cell("folds with shared training data", LEVEL, FEW, overlapping(0.2), GREATER, Known(train=4.0), replicate="fold"),
    Cell("up to three looks", LEVEL, FEW, normal(), GREATER, looks=True),
)
POWERS = tuple(
    cell
    for shift in (1.0, 2.0)
    for cell in (
        Cell(f"normal, greater by {shift:g} sd", POWER, FEW, normal(), GREATER, shift=shift),
        Cell(f"normal, less: false by {shift:g} sd", POWER, FEW, normal(), (claim("less", margin=0),), shift=shift),
    )
) + tuple(
    Cell(f"normal, equal within {w:g} sd", POWER, FEW, equal_at(0), (claim("equal", within=w),))
    for w in (1.0, 1.5, 2.0)
)
DECISIONS = (
    Cell("lognormal, two arms, 2 sd", DECIDED, (20,), lognormal(1, 0.5), GREATER, shift=2.0),
    Cell("lognormal, one arm, 2 sd", DECIDED, (20,), lognormal(1, None), one_arm("greater", 1.0, margin=0), shift=2.0),
    Cell(
        "ratio of lognormal means, 2 sd", DECIDED, (20,), lognormal(1, 0.25), (claim("greater", factor=1),), shift=2.0
    ),
    Cell("exponential, 2 sd", DECIDED, (20,), exponential, one_arm("greater", 0.0, margin=0), shift=2.0),
    Cell("accuracy below a ceiling, 2 sd", DECIDED, (20,), ceiling, GREATER, COUNTED, shift=2.0),
    Cell("accuracy on 30 examples, 2 sd", DECIDED, (20,), accuracy(0.9, 0.9, 30), GREATER, Known(0.1, 30), shift=2.0),
    Cell("one run in five fails, 2 sd", DECIDED, (20,), failing(0.2), GREATER, CHANCE, shift=2.0),
    Cell("one in five fails in both arms, 2 sd", DECIDED, (20,), failing(0.2, both=True), GREATER, CHANCE, shift=2.0),
)
UNPROMISED = (
    Cell("one run in five fails, no baseline", BEYOND, FEW, failing(0.2), GREATER),
    Cell("one run in ten fails", BEYOND, (14, 20), failing(0.1), GREATER, CHANCE),
    Cell("exponential, without a known bound", BEYOND, (5,), exponential, one_arm("greater", 0.0, margin=0)),
)
CELLS = (*LEVELS, *POWERS, *DECISIONS, *UNPROMISED)
