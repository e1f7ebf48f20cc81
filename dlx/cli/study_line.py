"""The arguments of `dlx study COMMAND`: names, overrides and flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlx.cli.flag_values import variables_of
from dlx.cli.flags import Flags, some
from dlx.cli.line import admit, understood
from dlx.config.yaml_file import short
from dlx.errors import ConfigError
from dlx.sweep.cells import MOST_RUNS
from dlx.sweep.pool import MOST_JOBS

if TYPE_CHECKING:
    from dlx.study.runs import How


@dataclass
class Words:
    """The parsed arguments of `dlx study COMMAND`."""

    names: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    seeds: list[int] | None = None
    more_seeds: int | None = None
    jobs: int = 1
    concept: str = ""
    output: str = ""
    all: bool = False
    fast: bool = False
    again: bool = False
    coverage: bool = False

    @property
    def how(self) -> How:
        """The settings for running studies."""
        from dlx.study.runs import How

        return How(self.overrides, self.seeds, self.fast, self.jobs, self.again)


def parse(arguments: Sequence[str]) -> Words:
    """Return the parsed arguments: names, overrides and flags.

    Raises:
        ConfigError: A flag does not exist or has an invalid value.
    """
    flags = Flags("dlx study")
    flags.add_argument("--seeds", type=seeds_of)
    flags.add_argument("--more-seeds", type=more_of, nargs="?", const=0)
    flags.add_argument("--jobs", type=jobs_of)
    flags.add_argument("--env", type=variables_of, action="extend", default=[])
    for name in ("--concept", "--output"):
        flags.add_argument(name, type=some(name))
    for name in ("--all", "--fast", "--again", "--coverage"):
        flags.add_argument(name, action="store_true")
    found = {name: value for name, value in vars(flags.read(arguments)).items() if value is not None}
    typed = found.pop("words")
    found.pop("help")
    admit(variables=found.pop("env"))
    overrides = [each for word in typed if "=" in word or word.startswith("~") for each in understood(word)]
    return Words([word for word in typed if "=" not in word and not word.startswith("~")], overrides, **found)


def jobs_of(text: str) -> int:
    """Return the number of processes that a text represents.

    Raises:
        ConfigError: The text is not a positive number, or too large.
    """
    return whole(text, "--jobs", "a number of processes", MOST_JOBS)


def more_of(text: str) -> int:
    """Return the number of further seeds that a text represents.

    Raises:
        ConfigError: The text is not a positive number, or too large.
    """
    return whole(text, "--more-seeds", "a number of seeds, or nothing after it", MOST_RUNS)


def whole(text: str, flag: str, what: str, most: int) -> int:
    """Return the number from 1 to `most` that a text represents.

    Raises:
        ConfigError: It represents none; the message names the flag.
    """
    if not re.fullmatch(r"[0-9]{1,300}", text) or int(text) < 1:
        raise ConfigError(f"{flag}: expected {what}, got {short(text)}")
    if int(text) > most:
        raise ConfigError(f"{flag}: expected at most {most:,}, got {short(text)}")
    return int(text)


def seeds_of(text: str) -> list[int]:
    """Return the seeds that `A..B` or `A,B,C` represents.

    Raises:
        ConfigError: The text has neither form, or names more seeds than a sweep can have.
    """
    span = re.fullmatch(r"([0-9]{1,300})\.\.([0-9]{1,300})", text)
    if span and int(span[1]) <= int(span[2]):
        number = int(span[2]) - int(span[1]) + 1
        if number > MOST_RUNS:
            raise ConfigError(f"--seeds: expected at most {MOST_RUNS:,} seeds, got {short(text)}")
        return list(range(int(span[1]), int(span[2]) + 1))
    if re.fullmatch(r"[0-9]{1,300}(,[0-9]{1,300})*", text):
        return list(dict.fromkeys(map(int, text.split(","))))
    raise ConfigError(f"--seeds: expected A..B or a list such as 0,1,2; got {short(text)}")
