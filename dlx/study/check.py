"""The check of verdicts on fresh seeds, which lists the verdicts that change with other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlx.study.read.shelf import read_study
from dlx.study.runs import How, Outcome, StudiesObserver, run_studies
from dlx.sweep.cells import SEED

FRESH = 1000  # fresh seeds start here


@dataclass(frozen=True)
class Change:
    """A claim whose verdict is different on fresh seeds."""

    study: str
    claim: int
    own: str
    fresh: str


def check_studies(names: Sequence[str], how: How, observer: StudiesObserver) -> tuple[list[Change], list[Outcome]]:
    """Run each study on its own seeds and on as many fresh ones.

    Returns:
        The claims whose verdict changes, and the outcomes of all studies on both sets of seeds.

    Raises:
        ConfigError: The study is invalid, if there is only one.
    """
    own = run_studies(names, how, observer)
    fresh: list[Outcome] = []
    for name in names:
        seeds = range(FRESH, FRESH + len(read_study(name).axes[SEED]))
        fresh += run_studies([name], replace(how, seeds=list(seeds)), observer)
    changes = [
        Change(first.name, number, a, b)
        for first, second in zip(own, fresh, strict=True)
        for number, (a, b) in enumerate(zip(first.claims, second.claims, strict=False))
        if a != b
    ]
    return changes, [*own, *fresh]
