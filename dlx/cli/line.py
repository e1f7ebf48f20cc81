"""The command line as people type it, turned into what Hydra expects: aliases, and flags anywhere."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dlx.cli.flags import Flags
from dlx.config.aliases import full_name, meant
from dlx.errors import ConfigError, nearest

WITH_VALUE = {"--cfg": "-c", "-c": "-c", "--package": "-p", "-p": "-p"}
PLAIN = {
    "-m": "--multirun",
    "--multirun": "--multirun",
    "-h": "--help",
    "--help": "--help",
    "--resolve": "--resolve",
    "--again": "--again",
    "--hydra-help": "--hydra-help",
    "--shell-completion": "--shell-completion",
    "-sc": "--shell-completion",
}
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
CONFIGS = ("job", "hydra", "all")


@dataclass
class Line:
    """What was typed: flags for Hydra, flags of our own, and overrides with full names."""

    flags: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    admit: list[str] = field(default_factory=list)
    multirun: bool = False
    help: bool = False
    again: bool = False

    @property
    def showing(self) -> bool:
        """Is something shown instead of run?"""
        return any(flag in ("-c", "--info", "--hydra-help") for flag in self.flags)


def parse(words: list[str]) -> Line:
    """Sort the words of a command line; flags may stand anywhere.

    Raises:
        ConfigError: a flag that does not exist, or one without its value.
    """
    line = Line()
    line.admit, words = take_admit(words)
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
            if PLAIN[word] not in ("--help", "--again"):
                line.flags.append(PLAIN[word])
        elif word.startswith("-"):
            raise ConfigError(f"{word}: no such flag{nearest(word, [*PLAIN, *WITH_VALUE, '--info', '--admit'])}")
        elif "=" not in word and not word.startswith("~"):
            raise ConfigError(f"{word}: expected an override, group=option or key=value{meant(word)}")
        else:
            line.overrides.append(full_name(word))
    shown = [flag for flag in ("-p", "--resolve") if flag in line.flags]
    if shown and not line.showing:
        name = {"-p": "--package"}.get(shown[0], shown[0])
        raise ConfigError(f"{name}: says what --cfg shows; add --cfg job")
    return line


def take_admit(words: list[str]) -> tuple[list[str], list[str]]:
    """Take `--admit MODULE` out of the words; return the modules and the other words.

    Raises:
        ConfigError: what follows is no name of a module.
    """
    modules: list[str] = []
    others: list[str] = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name != "--admit":
            others.append(word)
            continue
        value = value if equals else next(waiting, "")
        modules += modules_of(value)
    return modules, others


def modules_of(text: str) -> list[str]:
    """Read the names of the user's own modules, separated by commas.

    Raises:
        ConfigError: one is no name of a module.
    """
    for module in text.split(","):
        if not module.isidentifier() or module in sys.stdlib_module_names or module in ("dlx", "torch"):
            raise ConfigError(f"--admit: expected the name of your own module (./NAME.py), got {module!r}")
    return text.split(",")


def admit(modules: list[str]) -> None:
    """Admit the user's own modules for this process and those it starts."""
    if modules:
        before = [name for name in os.environ.get("DLX_ADMIT", "").split(",") if name]
        os.environ["DLX_ADMIT"] = ",".join(dict.fromkeys([*before, *modules]))


def folder_flags(command: str) -> Flags:
    """Return the flags of a command that takes folders of runs: `--admit` alone."""
    flags = Flags(f"dlx {command}")
    flags.add_argument("--admit", type=modules_of, action="extend", default=[])
    return flags


def folders(command: str, words: list[str], text: str) -> list[Path] | None:
    """Return the folders that a command was given, or None after its help was printed; admit what `--admit` names.

    Raises:
        ConfigError: a flag that does not exist, or no folder.
    """
    found = folder_flags(command).read(words)
    if found.help:
        print(text)
        return None
    admit(found.admit)
    if not found.words:
        raise ConfigError(f"dlx {command}: expected the folder of a run, e.g. outputs/runs/<date>/<time>-<identity>")
    return [Path(word) for word in found.words]
