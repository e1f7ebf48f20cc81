"""The check of the commands on the pages: each is read by its own reader, and those that train are composed by Hydra.

Nothing is trained and no data are read. A command is wrong if the reader refuses it, if Hydra finds no such option or
key, or if a value has not the kind or range that its class states.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from dlx.cli import line, study, study_line
from dlx.cli.flags import Flags
from dlx.cli.main import COMMANDS
from dlx.config import catalog, overrides
from dlx.config.checked import check_config
from dlx.config.hydra.composer import Composer
from dlx.config.hydra.loader import started
from dlx.config.words import paths_of
from dlx.errors import ConfigError
from dlx.study.read.shelf import files, read_study
from dlx.study.read.typed import read_claim
from dlx.sweep.cells import Axes
from dlx.sweep.start import composed, explained
from docs.site import lines
from docs.site.commands import guides, steps

SOURCE = "outputs/runs/source"
OVERRIDE = re.compile(r"[~+]*[\w./@가-힣]+=.*|~.+", re.DOTALL)


class Read(BaseException):
    """Raised in the place of what a command does once its words have been read.

    Args:
        found: the values of the flags, and the other words.
    """

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.found = found


class Checker:
    """Checks commands; what has been composed for one is kept for the next with the same options.

    Args:
        hydra: Hydra, started for the block in which commands are checked.
        own: names that pages introduce: of studies and options of the reader's own.
    """

    def __init__(self, hydra: Any, own: Iterable[str] = ()) -> None:
        from hydra._internal.config_repository import CachingConfigRepository

        master, _ = composed(hydra, [], multirun=True)
        loader = hydra.config_loader
        loader.repository = CachingConfigRepository(loader.repository)  # the files do not change while pages are read
        self.composer, self.own = Composer(loader, master), frozenset(own)
        self.composed: set[tuple[str, ...]] = set()

    def fault(self, command: str, compose: bool = True) -> str:
        """Return what is wrong with a command, or an empty string.

        Args:
            command: the command on one line, `dlx` included.
            compose: compose its configurations too; otherwise the keys are looked up by name alone.
        """
        try:
            words = lines.words(command)
            with explained(words):
                form = lines.is_form(command)
                name, rest = self.read(words) if not (form and words[:1] == ["axes"]) else ("", None)
                for one in self.configurations(name, rest) if not form else ():
                    (self.compose if compose else check_keys)(one)
        except (ConfigError, ValueError) as error:
            return f"{command}: {error}"
        return ""

    def read(self, words: list[str]) -> tuple[str, Any]:
        """Return the name of a command and what its reader made of its words.

        Raises:
            ConfigError: The command does not exist, or its reader refuses it.
        """
        while words[:1] == ["--lang"]:
            words = words[2:]
        name, *rest = words or [""]
        if name.startswith("-") or name == "COMMAND":
            return "", None
        if name not in COMMANDS:
            raise ConfigError(f"{name}: no such command")
        if name == "train":
            return name, line.parse(rest)
        if name == "study" and rest:
            if rest[0] not in study.COMMANDS:
                raise ConfigError(f"study {rest[0]}: no such command")
            return f"study {rest[0]}", study_line.parse(rest[1:])
        try:
            with reading():
                importlib.import_module(f"dlx.cli.{name}").main(rest)
        except Read as read:
            return name, read.found
        return name, None  # a page of `dlx axes`, which names what exists

    def configurations(self, name: str, found: Any) -> Iterator[tuple[str, ...]]:
        """Yield the overrides of runs in which each value that a command gives appears at least once.

        Raises:
            ConfigError: A study does not exist, or a list of values stands in a command that does not sweep.
        """
        if name == "train":
            yield from self.of_train(found)
        elif name.startswith("study"):
            for each in found.names:
                if each not in files() and each not in self.own:
                    raise ConfigError(f"{each}: no such study")
            if found.overrides or name == "study run":
                yield from (self.of_study(each, found.overrides) for each in found.names if each in files())
        elif name == "claim" and found.words:
            sentence, fixed = importlib.import_module("dlx.cli.claim").sentence_and_overrides(found.words)
            yield from ((*arm.overrides, *fixed) for arm in read_claim(sentence).arms)
        elif name in ("trace", "show", "resume"):
            typed = [each for word in found.words if OVERRIDE.fullmatch(word) for each in line.understood(word)]
            yield tuple(typed)

    def of_train(self, found: line.Line) -> Iterator[tuple[str, ...]]:
        """Yield the overrides of runs of `dlx train`."""
        typed = [word for word in found.overrides if not (found.admit and self.is_own(word))]
        overrides.check(typed)
        fixed: list[str] = []
        axes: list[list[str]] = []
        experiment = any(word.startswith("experiment=") for word in typed)
        for word in typed:
            override = overrides.parse(word)
            if override.is_hydra_override():
                continue
            if not override.is_sweep_override():
                fixed.append(word)
            elif not (found.multirun or experiment):
                raise ConfigError(f"{word}: is a list of values; without -m it is refused")
            elif not override.is_interval_sweep():
                axes.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
        started = [word.partition("=")[2] for word in fixed if word.startswith("experiment=")]
        if started and started[0] in files():
            fixed = [*self.of_study(started[0], ()), *(word for word in fixed if not word.startswith("experiment="))]
        for place in range(max(map(len, axes), default=1)):
            yield (*fixed, *(axis[place % len(axis)] for axis in axes))

    def is_own(self, word: str) -> bool:
        """Return whether an override chooses an option of the reader's own, which --admit lets in."""
        group, _, value = word.partition("=")
        groups = catalog.groups()
        known = group in groups and all(name in catalog.option_files(group) for name in value.strip("[]").split(","))
        return (group in groups and not known) or (
            group not in groups and group.split(".")[0] in ("model", "callbacks")
        )

    def of_study(self, name: str, typed: Sequence[str]) -> tuple[str, ...]:
        """Return the overrides of the first run of a study."""
        study = read_study(name)
        axes: Axes = study.axes
        levels = [override for levels in axes.values() for override in levels[0].overrides]
        stage, first = study.pretrain, {levels[0].text for levels in axes.values()}
        starts = stage is not None and (not stage.arms or first & set(stage.arms))
        source = [f"{stage.into}={SOURCE}"] if stage and starts else []  # of the run that pretraining makes
        return (f"experiment={name}", *levels, *source, *typed)

    def compose(self, words: tuple[str, ...]) -> None:
        """Compose a run and check every key and value of it.

        Raises:
            ConfigError: An option, key or value is wrong.
        """
        if words in self.composed:
            return
        check_config(self.composer(words).config)
        self.composed.add(words)


@cache
def known_keys(group: str) -> frozenset[str]:
    """Return the keys of all options of a group, which are read once."""
    return paths_of(group)


def check_keys(words: Iterable[str]) -> None:
    """Look the keys of groups up in the list of all keys, which is quicker than composing.

    Raises:
        ConfigError: No option of the group has such a key.
    """
    for word in words:
        key = word.partition("=")[0].lstrip("+~")
        group = key.partition(".")[0]
        if "." in key and group in catalog.groups():
            known = known_keys(group)
            if key not in known and not any(one.startswith(f"{key}.") or key.startswith(f"{one}.") for one in known):
                raise ConfigError(f"{key}: no option of {group} has this key")


@contextmanager
def reading() -> Iterator[None]:
    """Let the reader of a command's flags raise `Read` with what it has read."""
    read = Flags.read

    def stop(self: Flags, arguments: Sequence[str]) -> Any:
        raise Read(read(self, arguments))

    with mock.patch.object(Flags, "read", stop):
        yield


def faults(commands: Mapping[str, Iterable[str]], own: Iterable[str] = (), sample: int = 1) -> list[tuple[str, str]]:
    """Return what is wrong with commands, each with the page on which the command stands first.

    Args:
        commands: the commands of each page, each on one line, `dlx` included.
        own: names that pages introduce.
        sample: of the commands that train, every how many-th one is composed; all are read.
    """
    places = {command: page for page, found in reversed([*commands.items()]) for command in found}
    wrong = []
    with explained([]), started() as hydra, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        checker = Checker(hydra, own)
        for number, (command, page) in enumerate(places.items()):
            if fault := checker.fault(command, compose=number % sample == 0):
                wrong.append((page, fault))
    return wrong


def introduced() -> set[str]:
    """Return the names that the tutorial and the how-to pages introduce: of files that they let the reader write."""
    pages = [step for page in guides() for step in steps(page)]
    saved = [found for _, body in pages for found in re.findall(r"(?:--save|dlx new \w+) (\w+)", body)]
    return {Path(name).stem for name, _ in pages if name} | set(saved)
