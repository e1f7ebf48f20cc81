"""The command line as people type it, turned into what Hydra expects: aliases, and flags anywhere."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from dlx.errors import ConfigError

ALIASES = {
    "optim": "optimizer",
    "init": "initializer",
    "reg": "regularizer",
    "act": "activation",
    "norm": "normalization",
    "data": "dataset",
    "exp": "experiment",
}
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


def parse(words: list[str]) -> Line:
    """Sort the words of a command line; flags may stand anywhere.

    Raises:
        ConfigError: a flag that does not exist, or one without its value.
    """
    line = Line()
    words = list(words)
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
        elif name == "--admit":
            value = value if equals else (words.pop(0) if words else "")
            if not value.replace(",", "").isidentifier():
                raise ConfigError(f"--admit: expected the name of your own module, got {value!r}")
            line.admit += value.split(",")
        elif word in PLAIN:
            line.multirun |= PLAIN[word] == "--multirun"
            line.help |= PLAIN[word] == "--help"
            line.again |= PLAIN[word] == "--again"
            if PLAIN[word] not in ("--help", "--again"):
                line.flags.append(PLAIN[word])
        elif word.startswith("-"):
            raise ConfigError(f"{word}: no such flag; expected -m, --cfg job, --info, --package, --admit, --again, -h")
        elif "=" not in word and not word.startswith("~"):
            raise ConfigError(f"{word}: expected an override, group=option or key=value")
        else:
            line.overrides.append(full_name(word))
    return line


def full_name(override: str) -> str:
    """Replace an alias in the first segment of an override's key, in every form that Hydra has.

    `optim=adam`, `optim.lr=1`, `+optim=adam`, `~optim`, `++optim.lr=1`, `optim@place=adam`, `override`-style packages
    (`/optim@a:b=…`) keep their prefix and their rest.
    """
    match = re.match(r"^(\+\+|\+|~)?(/)?([A-Za-z_]+)(?=$|[=.@:/])", override)
    if match is None or match.group(3) not in ALIASES:
        return override
    return f"{match.group(1) or ''}{match.group(2) or ''}{ALIASES[match.group(3)]}{override[match.end() :]}"


def admit(modules: list[str]) -> None:
    """Admit the user's own modules for this process and those it starts."""
    if modules:
        before = [name for name in os.environ.get("DLX_ADMIT", "").split(",") if name]
        os.environ["DLX_ADMIT"] = ",".join(dict.fromkeys([*before, *modules]))
