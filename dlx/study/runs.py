"""Running several studies one after another, and their outcomes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dlx.errors import ConfigError
from dlx.study.judge.verdict import Verdict
from dlx.study.result import StudyResult
from dlx.study.run import run_study


@dataclass(frozen=True)
class How:
    """The settings for running studies.

    Attributes:
        overrides: further overrides as typed.
        seeds: other seeds than those of a study.
        fast: use only the first three seeds.
        jobs: number of parallel processes.
        again: train even if equal runs are finished.
        further: the seeds are those of a further look at a study.
    """

    overrides: Sequence[str] = ()
    seeds: Sequence[int] | None = None
    fast: bool = False
    jobs: int = 1
    again: bool = False
    further: bool = False


@dataclass(frozen=True)
class Outcome:
    """The outcome of one study among several.

    Attributes:
        name: the name of the study.
        seconds: wall time in seconds.
        result: the result; None if the study is invalid.
        error: the error if the study is invalid.
    """

    name: str
    seconds: float
    result: StudyResult | None = None
    error: ConfigError | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on each claim and on each fact."""
        return (*self.result.verdicts, *self.result.facts) if self.result else ()

    @property
    def as_expected(self) -> bool:
        """True if every claim and fact has the verdict that the study expects and no run failed."""
        return self.result is not None and self.result.as_expected and not self.result.statuses["failed"]


class StudiesObserver:
    """Callbacks while studies run; a subclass overrides those that it needs."""

    def judged(self, result: StudyResult) -> None:
        """Called when a study has been judged."""

    def refused(self, name: str, error: ConfigError) -> None:
        """Called when a study is invalid."""


def run_studies(names: Sequence[str], how: How, observer: StudiesObserver) -> list[Outcome]:
    """Run studies one after another and return their outcomes; an invalid study does not stop the others.

    Raises:
        ConfigError: The study is invalid, if there is only one.
        KeyboardInterrupt: A study was interrupted; finished runs are kept.
    """
    outcomes = []
    for name in names:
        began = time.perf_counter()
        try:
            result = run_study(name, how.overrides, how.seeds, how.fast, how.jobs, how.again, further=how.further)
        except ConfigError as error:
            if len(names) == 1:
                raise
            observer.refused(name, error)
            outcomes.append(Outcome(name, time.perf_counter() - began, error=error))
        else:
            observer.judged(result)
            outcomes.append(Outcome(name, time.perf_counter() - began, result))
    return outcomes
