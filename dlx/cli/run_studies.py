"""Running several studies, one after another, and what became of each."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from dlx.cli.study_line import Words
from dlx.errors import ConfigError
from dlx.study.run import run_study


@dataclass
class Outcome:
    """What became of one study among several."""

    name: str
    verdict: str
    as_expected: bool
    code: int
    seconds: float
    message: str = ""
    claims: tuple[str, ...] = ()


def run_studies(names: Sequence[str], words: Words) -> list[Outcome]:
    """Run studies one after another, each with as many processes as `--jobs` says, and show each.

    One that cannot be used does not keep the others from running; a single one's message goes to the front.

    Raises:
        ConfigError: a single study cannot be used.
        KeyboardInterrupt: interrupted; finished runs stay.
    """
    return [one_of_many(name, words, alone=len(names) == 1) for name in names]


def one_of_many(name: str, words: Words, alone: bool) -> Outcome:
    """Run one study, show it, and return what became of it."""
    from dlx.cli import show_study

    began = time.perf_counter()
    try:
        result = run_study(name, words.overrides, words.seeds, words.fast, words.jobs, words.again)
    except ConfigError as error:
        if alone:
            raise
        print(f"dlx: {name}: {error}", file=sys.stderr)
        return Outcome(name, "", False, 2, time.perf_counter() - began, str(error))
    show_study.judged(result)
    failed = result.statuses["failed"] > 0
    return Outcome(
        name,
        result.verdict,
        result.as_expected and not failed,
        0 if result.as_expected and not failed else 1,
        time.perf_counter() - began,
        claims=tuple(verdict.verdict for verdict in result.verdicts),
    )
