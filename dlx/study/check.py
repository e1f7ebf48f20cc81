"""The check of verdicts on fresh seeds, which lists the verdicts that change with other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlx.study.book.words import statement
from dlx.study.judge.verdict import Verdict
from dlx.study.read.shelf import read_study
from dlx.study.read.study import Study
from dlx.study.runs import How, Outcome, StudiesObserver, run_studies
from dlx.sweep.cells import SEED

FRESH = 1000  # fresh seeds start here


@dataclass(frozen=True)
class Change:
    """A claim or a fact whose verdict is different on fresh seeds."""

    study: str
    own: Verdict
    fresh: Verdict

    @property
    def where(self) -> str:
        """The key of the claim or fact in the file of the study, with its level."""
        claim = self.own.claim
        return f"{claim.where} [{claim.level}]" if claim.level else claim.where

    def said_in(self, study: Study) -> str:
        """Return the claim in the words of a study, with the values on the study's own seeds."""
        place = (self.own.claim.where, self.own.claim.level)
        words = next((claim for claim in study.entries if (claim.where, claim.level) == place), self.own.claim)
        return statement(replace(self.own, claim=words))


def check_studies(names: Sequence[str], how: How, observer: StudiesObserver) -> tuple[list[Change], list[Outcome]]:
    """Run each study on its own seeds and on as many fresh ones.

    Returns:
        The claims and facts whose verdict changes, and the outcomes of all studies on both sets of seeds.

    Raises:
        ConfigError: The study is invalid, if there is only one.
    """
    own = run_studies(names, how, observer)
    fresh: list[Outcome] = []
    for name, outcome in zip(names, own, strict=True):
        if outcome.error:
            fresh.append(outcome)
            continue
        seeds = range(FRESH, FRESH + len(read_study(name).axes[SEED]))
        fresh += run_studies([name], replace(how, seeds=list(seeds)), observer)
    changes = [
        Change(first.name, a, b)
        for first, second in zip(own, fresh, strict=True)
        for a, b in zip(first.verdicts, second.verdicts, strict=False)
        if a.verdict != b.verdict
    ]
    return changes, [*own, *fresh]
