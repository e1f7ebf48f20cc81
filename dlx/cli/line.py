"""Parser for the command line of `dlx train`: resolves aliases, and allows flags anywhere, unlike Hydra."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from dlx.cli.flag_values import modules_of, samples_of, variables_of
from dlx.cli.flags import Flags
from dlx.config import overrides
from dlx.config.aliases import full_name, meant
from dlx.config.words import suggested, understand
from dlx.errors import ConfigError, nearest
from dlx.files import is_folder, is_there
from dlx.results.escape import plain

WITH_VALUE = {"--cfg": "-c", "-c": "-c", "--package": "-p", "-p": "-p"}
PLAIN = {
    "-m": "--multirun",
    "--multirun": "--multirun",
    "-h": "--help",
    "--help": "--help",
    "--resolve": "--resolve",
    "--again": "--again",
    "--test": "--test",
    "--hydra-help": "--hydra-help",
    "--shell-completion": "--shell-completion",
    "-sc": "--shell-completion",
}
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
CONFIGS = ("job", "hydra", "all")
SUGGESTED = 3  # most meanings of a word that are suggested


@dataclass
class Line:
    """A parsed command line: flags for Hydra, flags of dlx, and overrides with full names."""

    flags: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    admit: list[str] = field(default_factory=list)
    env: list[str] = field(default_factory=list)
    multirun: bool = False
    help: bool = False
    again: bool = False
    test: bool = False

    @property
    def showing(self) -> bool:
        """True if the configuration is to be printed instead of run."""
        return any(flag in ("-c", "--info", "--hydra-help") for flag in self.flags)


def parse(words: list[str]) -> Line:
    """Return the parsed command line; flags may stand anywhere.

    Raises:
        ConfigError: A flag does not exist or has no value, or a word is not an override.
    """
    line = Line()
    line.admit, words = take(words, "--admit", modules_of)
    line.env, words = take(words, "--env", variables_of)
    samples, words = take(words, "--samples", samples_of)
    read_words(line, words)
    if line.overrides and line.overrides[-1].endswith(","):
        raise ConfigError(f"{line.overrides[-1]}: ends in a comma; a value of the list is missing")
    if samples:
        from dlx.sweep.intervals import with_samples

        line.overrides = with_samples(line.overrides, int(samples[-1]))
    check_flags(line)
    return line


def read_words(line: Line, words: list[str]) -> None:
    """Add words to a line: flags, whose values may follow them, and overrides.

    Raises:
        ConfigError: A flag does not exist, or a word is not an override.
    """
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word in ("--info", "-i"):
            value = words.pop(0) if words and words[0] in INFO else "all"
            line.flags += ["--info", value]
        elif name in WITH_VALUE and (equals or word == name):
            value = value if equals else (words.pop(0) if words else "")
            if name in ("--cfg", "-c") and value not in CONFIGS:
                raise ConfigError(f"--cfg: expected one of {', '.join(CONFIGS)}, got {value!r}")
            line.flags += [WITH_VALUE[name], full_name(value)]
        elif word in PLAIN:
            line.multirun |= PLAIN[word] == "--multirun"
            line.help |= PLAIN[word] == "--help"
            line.again |= PLAIN[word] == "--again"
            line.test |= PLAIN[word] == "--test"
            if PLAIN[word] not in ("--help", "--again", "--test"):
                line.flags.append(PLAIN[word])
        elif word.startswith("-"):
            raise ConfigError(
                f"{word}: no such flag{nearest(word, [*PLAIN, *WITH_VALUE, '--info', '--admit', '--env', '--samples'])}"
            )
        elif "=" not in word and not word.startswith("~"):
            refuse_word(word, line.overrides[-1] if line.overrides else "")
        else:
            line.overrides += understood(word)


def refuse_word(word: str, before: str) -> NoReturn:
    """Refuse a word that is neither a flag nor an override.

    Args:
        word: the word.
        before: the override before it; empty without one.

    Raises:
        ConfigError: always; it says what was probably meant.
    """
    if before.endswith(","):
        raise ConfigError(f"{before} {word}: a space splits the list; write it without: {before}{word}")
    like = suggested(word)[:SUGGESTED]
    named = f"; did you mean {' or '.join(like)}?" if like else ""
    own = overrides.own_data(word)
    exists = is_there(Path(word)) or is_folder(Path(word))
    hint = (own if exists else "") or meant(word) or named or own
    raise ConfigError(f"{word}: expected an override, group=option or key=value{hint}")


def check_flags(line: Line) -> None:
    """Refuse flags that do not go together.

    Raises:
        ConfigError: it names two flags of which one must be left out, or one that needs another.
    """
    alone = {"-c": "--cfg", "--info": "--info", "--multirun": "-m", "--shell-completion": "--shell-completion"}
    together = [name for flag, name in alone.items() if flag in line.flags]
    if len(together) > 1:
        raise ConfigError(f"{together[0]}: excludes {together[1]}; give one of them")
    shown = [flag for flag in ("-p", "--resolve") if flag in line.flags]
    if shown and not line.showing:
        name = {"-p": "--package"}.get(shown[0], shown[0])
        raise ConfigError(f"{name}: applies only to --cfg; add --cfg job")


def understood(word: str) -> list[str]:
    """Return an override with the names of dlx; words of the field (`model=fcn`) are replaced, with a note on stderr.

    Raises:
        ConfigError: A word may mean several things.
    """
    found, note = understand(full_name(word))
    if note:
        print(f"dlx: {plain(note)}", file=sys.stderr)
    return [full_name(overrides.quoted(each)) for each in found]


def take(words: list[str], flag: str, read: Callable[[str], list[str]]) -> tuple[list[str], list[str]]:
    """Return the names that all occurrences of a flag `--admit MODULE` give, and the other words.

    Args:
        words: words of the command line.
        flag: the flag.
        read: function that returns the names in a value, which are separated by commas.

    Raises:
        ConfigError: The value of a flag is not a name.
    """
    names: list[str] = []
    others: list[str] = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name != flag:
            others.append(word)
            continue
        names += read(value if equals else next(waiting, ""))
    return names, others


def admit(modules: Sequence[str] = (), variables: Sequence[str] = ()) -> None:
    """Admit modules of the user and variables of the environment in this process and in those that it starts."""
    for place, names in (("DLX_ADMIT", modules), ("DLX_ENV", variables)):
        if names:
            before = [name for name in os.environ.get(place, "").split(",") if name]
            os.environ[place] = ",".join(dict.fromkeys([*before, *names]))


def folder_flags(command: str) -> Flags:
    """Return the flags of a command that takes folders of runs: `--admit`, and `--env` where a sweep is composed."""
    flags = Flags(f"dlx {command}")
    flags.add_argument("--admit", type=modules_of, action="extend", default=[])
    if command == "resume":
        flags.add_argument("--env", type=variables_of, action="extend", default=[])
    return flags


def folders(command: str, words: list[str], text: str) -> list[Path] | None:
    """Return the folders that a command was given, or None after its help was printed; admit what `--admit` names.

    Raises:
        ConfigError: A flag does not exist, or no folder is given.
    """
    found = folder_flags(command).read(words)
    if found.help:
        print(text)
        return None
    admit(found.admit, found.env if command == "resume" else ())
    if not found.words:
        raise ConfigError(f"dlx {command}: expected the folder of a run, e.g. outputs/runs/<date>/<time>-<identity>")
    return [Path(word) for word in found.words]


def one_folder(command: str, words: list[str]) -> Path:
    """Return the only folder that a command was given.

    Raises:
        ConfigError: There is none, or more than one.
    """
    if len(words) != 1:
        got = f", got {len(words)} folders" if words else ", e.g. outputs/runs/<date>/<time>-<identity>"
        raise ConfigError(f"dlx {command}: expected the folder of one run{got}")
    return Path(words[0])
