"""Running several studies, one after another, and how each came out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dlx.errors import ConfigError
from dlx.study.result import StudyResult
from dlx.study.run import run_study


@dataclass(frozen=True)
class How:
    """How studies are run.

    Attributes:
        overrides: further ones, as typed on the line.
        seeds: other seeds than a study's own.
        fast: fewer seeds.
        jobs: processes side by side.
        again: train although equal runs are finished.
    """

    overrides: Sequence[str] = ()
    seeds: Sequence[int] | None = None
    fast: bool = False
    jobs: int = 1
    again: bool = False


@dataclass(frozen=True)
class Outcome:
    """How one study among several came out.

    Attributes:
        name: of the study.
        seconds: wall time.
        result: None where the study could not be used.
        error: why it could not be used.
    """

    name: str
    seconds: float
    result: StudyResult | None = None
    error: ConfigError | None = None

    @property
    def claims(self) -> tuple[str, ...]:
        """Return the verdict of each claim."""
        return tuple(verdict.verdict for verdict in self.result.verdicts) if self.result else ()

    @property
    def as_expected(self) -> bool:
        """Return whether every claim came out as the study expects, and no run failed."""
        return self.result is not None and self.result.as_expected and not self.result.statuses["failed"]


class StudiesObserver:
    """What a caller hears while studies are run; a subclass overrides what it wants to hear."""

    def judged(self, result: StudyResult) -> None:
        """Hear a study that has been judged."""

    def refused(self, name: str, error: ConfigError) -> None:
        """Hear a study that cannot be used."""


def run_studies(names: Sequence[str], how: How, observer: StudiesObserver) -> list[Outcome]:
    """Run studies one after another; one that cannot be used does not keep the others from running.

    Raises:
        ConfigError: a single study cannot be used.
        KeyboardInterrupt: interrupted; finished runs stay.
    """
    outcomes = []
    for name in names:
        began = time.perf_counter()
        try:
            result = run_study(name, how.overrides, how.seeds, how.fast, how.jobs, how.again)
        except ConfigError as error:
            if len(names) == 1:
                raise
            observer.refused(name, error)
            outcomes.append(Outcome(name, time.perf_counter() - began, error=error))
        else:
            observer.judged(result)
            outcomes.append(Outcome(name, time.perf_counter() - began, result))
    return outcomes
