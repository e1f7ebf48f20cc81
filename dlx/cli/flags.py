"""The flags and words of a command, read by argparse and refused in our words: the nearest flag, what was expected."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from dlx.errors import ConfigError, nearest


class Flags(argparse.ArgumentParser):
    """The flags of one command; they may stand anywhere among its other words, which are gathered as `words`.

    `dlx train` reads its own line (cli/line.py): its flags are Hydra's, and `--info` takes the next word only where it
    is a topic, which argparse's optional values cannot say.

    Args:
        command: for messages, e.g. `dlx report`.
    """

    def __init__(self, command: str) -> None:
        super().__init__(prog=command, add_help=False, allow_abbrev=False)
        self.add_argument("-h", "--help", action="store_true")
        self.add_argument("words", nargs="*")

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            ConfigError: always; names the flag.
        """
        flag, _, reason = message.removeprefix("argument ").partition(": ")
        raise ConfigError(f"{flag}: {'needs a value' if reason == 'expected one argument' else reason or 'is refused'}")

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the values of the flags, and the other words.

        Raises:
            ConfigError: a flag that does not exist, has no value, or a value that cannot be used.
        """
        found, unknown = self.parse_known_intermixed_args(list(arguments))
        for word in unknown:
            hint = nearest(word.partition("=")[0], self.names())
            place = "" if "did you mean" in hint else f" of {self.prog}"
            raise ConfigError(f"{word}: no such flag{place}{hint}")
        return found

    def names(self) -> list[str]:
        """Return the flags that there are, in their long form."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        return [flag for flag in flags if re.match("--", flag)]


class Gather(argparse.Action):
    """Gathers comma-separated values over all places where a flag stands."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        """Add the values of one place."""
        if not values:
            raise ConfigError(f"{option_string}: needs a value")
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), *str(values).split(",")])


def some(flag: str) -> Any:
    """Return a type for a flag's value that refuses the empty one."""

    def read(value: str) -> str:
        if not value:
            raise ConfigError(f"{flag}: needs a value")
        return value

    return read
