"""Commands of a group, such as `dlx study run` and `dlx sweep status`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dlx.cli.text import Help
from dlx.errors import ConfigError, nearest


def command_of(group: str, arguments: Sequence[str], commands: Collection[str], text: Help) -> tuple[str, list[str]]:
    """Return the name of the command and its arguments; an empty name after the help of the group was printed.

    Args:
        group: the command of dlx, such as `study`.
        arguments: what follows it.
        commands: the names of its commands.
        text: its help.

    Raises:
        ConfigError: There is no such command.
    """
    if not arguments or {"-h", "--help"} & set(arguments):
        print(text)
        return "", []
    name, *rest = arguments
    if name not in commands:
        raise ConfigError(f"{group} {name}: no such command{nearest(name, commands)}")
    return name, rest
