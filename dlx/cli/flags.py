"""The flags of a command, read by argparse; errors name the nearest flag and what was expected."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from dlx.errors import ConfigError, nearest


class Flags(argparse.ArgumentParser):
    """The flags of one command, which may stand anywhere among its other arguments; those are returned as `words`.

    `dlx train` has a parser of its own (cli/line.py): its flags are those of Hydra, and `--info` takes the next word
    only if it is a topic, which argparse cannot express.

    Args:
        command: the command for messages, e.g. `dlx report`.
    """

    def __init__(self, command: str) -> None:
        super().__init__(prog=command, add_help=False, allow_abbrev=False)
        self.add_argument("-h", "--help", action="store_true")
        self.add_argument("words", nargs="*")

    def error(self, message: str) -> NoReturn:
        """Raise the error of argparse as a `ConfigError`.

        Raises:
            ConfigError: Always; the message names the flag.
        """
        flag, _, reason = message.removeprefix("argument ").partition(": ")
        raise ConfigError(f"{flag}: {'needs a value' if reason == 'expected one argument' else reason or 'is refused'}")

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the values of the flags, and the other arguments as `words`.

        Raises:
            ConfigError: A flag does not exist, has no value, or has an invalid one.
        """
        found, unknown = self.parse_known_intermixed_args(list(arguments))
        for word in unknown:
            hint = nearest(word.partition("=")[0], self.names())
            place = "" if "did you mean" in hint else f" of {self.prog}"
            raise ConfigError(f"{word}: no such flag{place}{hint}")
        return found

    def names(self) -> list[str]:
        """Return all flags in their long form."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        return [flag for flag in flags if re.match("--", flag)]


def some(flag: str) -> Any:
    """Return an argparse type for the value of a flag that must not be empty."""

    def read(value: str) -> str:
        if not value:
            raise ConfigError(f"{flag}: needs a value")
        return value

    return read


def several(flag: str) -> Any:
    """Return an argparse type for comma-separated values; with `action="extend"` a repeated flag adds its values."""

    def read(value: str) -> list[str]:
        return some(flag)(value).split(",")  # type: ignore[no-any-return]

    return read
