"""The looks at a study: its claims may be judged again with more seeds, as often as its plan allows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlx.errors import ConfigError
from dlx.stored.read import BrokenFileError
from dlx.study.book.words import plural
from dlx.study.judge.looks import SHARES, alpha_of_look
from dlx.study.judge.verdict import Verdict, verdict_of
from dlx.study.read.study import Study
from dlx.study.result import read_result
from dlx.sweep.cells import SEED

UNDECIDED = "inconclusive"
MOST_ADDED = 50  # seeds that a look adds unless a number is given


@dataclass(frozen=True)
class Looks:
    """The looks at a study so far.

    Attributes:
        study: the study as its file defines it.
        past: the recorded looks, the first one at the seeds of the study.
    """

    study: Study
    past: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, study: Study) -> Looks:
        """Return the looks that the last result of a study records; none if its seeds or claims have changed.

        Raises:
            ConfigError: The result is broken. Without it, a further look would count as the first one.
        """
        try:
            result = read_result(study.name)
        except BrokenFileError as error:
            raise ConfigError(f"{error}; it records the looks at {study.name}: remove it to begin anew") from None
        if result is None:
            return cls(study, ())
        return cls.recorded(study, result)

    @classmethod
    def recorded(cls, study: Study, result: Mapping[str, Any]) -> Looks:
        """Return the looks that a result records; none if the seeds or claims of the study have changed."""
        past = tuple(result["looks"] or [look_of_old(result)])
        same = past[0]["seeds"] == seeds_of(study) and all(len(one["claims"]) == len(study.claims) for one in past)
        return cls(study, past if same else ())

    def number(self, seeds: Sequence[int] | None, further: bool) -> int | None:
        """Return the number of the look at some seeds, the first being 0; None if they make a variation.

        Args:
            seeds: the seeds; None for those of the study.
            further: True if seeds that no look has had make a further look.
        """
        if seeds is None or list(seeds) == seeds_of(self.study):
            return 0
        for number, look in enumerate(self.past):
            if look["seeds"] == list(seeds):
                return number
        return len(self.past) if further else None

    def keep(self, verdicts: Sequence[Verdict], number: int) -> list[Verdict]:
        """Return the verdicts of a look; what an earlier look has decided stays decided.

        Each look has its share of the error rate, so a claim may be decided at any of them.
        """
        kept = list(verdicts)
        for earlier, look in enumerate(self.past[:number]):
            for place, (verdict, word) in enumerate(zip(verdicts, look["claims"], strict=True)):
                if verdict.verdict == UNDECIDED and word != UNDECIDED:
                    reason = f"decided at look {earlier + 1}"
                    kept[place] = replace(verdict, verdict=word, needed=None, reason=reason)
        return kept

    def command(self, number: int, seeds: int) -> str:
        """Return the command of a further look at a number of seeds, which follows that of the look before it."""
        return self.again(f"--more-seeds {seeds - len(self.past[number - 1]['seeds'])}")

    def record(self, number: int, verdicts: Sequence[Verdict], seeds: Sequence[int]) -> list[Any]:
        """Return all looks, including this one; the same seeds once more are no further look."""
        own = {
            "date": time.strftime("%Y-%m-%d %H:%M"),
            "seeds": list(seeds),
            "level": 1 - alpha_of_look(number),
            "verdict": verdict_of(verdicts) if verdicts else "",
            "claims": [one.verdict for one in verdicts],
            "needed": [one.needed for one in verdicts],
        }
        return [*self.past[:number], own, *self.past[number + 1 :]]

    def next_seeds(self, more: int) -> list[int]:
        """Return the seeds of the next look: those of the last one and further ones.

        Args:
            more: number of further seeds; 0 for as many as would decide with 80 % power.

        Raises:
            ConfigError: The study has not been run, is decided, has had all looks of its plan, or no number is known.
        """
        self.refuse()
        seeds = list(self.past[-1]["seeds"])
        added = more or self.wanted()
        return [*seeds, *range(max(seeds) + 1, max(seeds) + 1 + added)]

    def plan(self, seeds: Sequence[int], typed: bool) -> str:
        """Return the next look in words, and why it adds as many seeds if their number was not typed."""
        last = self.past[-1]
        added = len(seeds) - len(last["seeds"])
        more = f"{plural(added, 'further seed')}, {len(seeds)} in all"
        words = f"look {len(self.past) + 1} of {len(SHARES)} at {self.study.name}: {more}"
        most = max((number for number in last["needed"] if number), default=0)
        if typed or not most:
            return words
        capped = f", and a look adds {MOST_ADDED} unless a number is given" if most > len(seeds) else ""
        return f"{words} (about {most:,} seeds would decide with 80 % power{capped})"

    def wanted(self) -> int:
        """Return the number of further seeds that would decide every claim with 80 % power, 50 at most.

        Raises:
            ConfigError: No claim has such a number.
        """
        needed = [number for number in self.past[-1]["needed"] if number]
        if not needed:
            raise ConfigError(
                f"--more-seeds: the last look at {self.study.name} names no number of seeds that would decide; "
                f"{self.again('--more-seeds N')} adds N"
            )
        return max(1, min(max(needed) - len(self.past[-1]["seeds"]), MOST_ADDED))

    def refuse(self) -> None:
        """Refuse a further look that is not allowed.

        Raises:
            ConfigError: The study has not been run, has no claims that seeds decide, is decided, or has had all looks.
        """
        name, fresh = self.study.name, len(self.past[-1]["seeds"]) if self.past else self.study.units
        remedy = f"check it on fresh seeds instead: {self.again(f'--seeds 1000..{999 + fresh}')}"
        if not self.study.claims:
            raise ConfigError(f"--more-seeds: {name} has facts alone, which no seed can change")
        if self.study.replicate != SEED:
            raise ConfigError(f"--more-seeds: the units of {name} are levels of {self.study.replicate}, not seeds")
        if not self.past:
            raise ConfigError(
                f"--more-seeds: {name} as it is now has not been run here; {self.again()} is the first look"
            )
        if UNDECIDED not in self.past[-1]["claims"]:
            raise ConfigError(f"--more-seeds: every claim of {name} is decided; {remedy}")
        if len(self.past) >= len(SHARES):
            raise ConfigError(f"--more-seeds: {name} has had all {len(SHARES)} looks of its plan; {remedy}")

    def again(self, flag: str = "") -> str:
        """Return the command that runs the study."""
        return f"dlx study run {self.study.name} {flag}".rstrip()


def seeds_of(study: Study) -> list[Any]:
    """Return the seeds of a study."""
    return [level.value for level in study.axes[SEED]]


def look_of_old(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the only look of a result of an earlier version, which did not record it."""
    return {
        "date": result["date"],
        "seeds": result["seeds"],
        "verdict": result["verdict"],
        "claims": [claim["verdict"] for claim in result["claims"]],
        "needed": [claim["needed"] for claim in result["claims"]],
    }
