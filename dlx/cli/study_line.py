"""What is typed behind `dlx study COMMAND`: names, overrides and flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlx.config.aliases import full_name
from dlx.errors import ConfigError, nearest

if TYPE_CHECKING:
    from dlx.study.runs import How


@dataclass
class Words:
    """What was typed behind `dlx study COMMAND`."""

    names: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    seeds: list[int] | None = None
    jobs: int = 1
    concept: str = ""
    output: str = ""
    all: bool = False
    fast: bool = False
    again: bool = False
    coverage: bool = False

    @property
    def how(self) -> How:
        """Return how studies are to be run."""
        from dlx.study.runs import How

        return How(self.overrides, self.seeds, self.fast, self.jobs, self.again)


def parse(arguments: Sequence[str]) -> Words:
    """Sort what was typed into names, overrides and flags.

    Raises:
        ConfigError: a flag that does not exist, or a value that cannot be read.
    """
    words, rest = Words(), list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in ("--seeds", "--jobs", "--concept", "--output"):
            value = value if equals else (rest.pop(0) if rest else "")
            if name == "--seeds":
                words.seeds = seeds_of(value)
            elif name == "--jobs":
                if not value.isdigit() or int(value) < 1:
                    raise ConfigError(f"--jobs: expected a number of processes, got {value!r}")
                words.jobs = int(value)
            elif not value:
                raise ConfigError(f"{name}: needs a value")
            else:
                setattr(words, name.removeprefix("--"), value)
        elif word in ("--all", "--fast", "--again", "--coverage"):
            setattr(words, word.removeprefix("--"), True)
        elif word.startswith("-"):
            flags = ("--all", "--seeds", "--fast", "--jobs", "--again", "--concept", "--coverage", "--output")
            raise ConfigError(f"{word}: no such flag{nearest(word, flags)}")
        elif "=" in word or word.startswith("~"):
            words.overrides.append(full_name(word))
        else:
            words.names.append(word)
    return words


def seeds_of(text: str) -> list[int]:
    """Read `A..B` or `A,B,C`.

    Raises:
        ConfigError: it is neither.
    """
    span = re.fullmatch(r"(\d+)\.\.(\d+)", text)
    if span and int(span[1]) <= int(span[2]):
        return list(range(int(span[1]), int(span[2]) + 1))
    if re.fullmatch(r"\d+(,\d+)*", text):
        return list(dict.fromkeys(map(int, text.split(","))))
    raise ConfigError(f"--seeds: expected A..B or a list such as 0,1,2; got {text!r}")
