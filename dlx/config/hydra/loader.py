"""Hydra's loader with two checks: of the names of files, and of Hydra's own node in what it composes.

Every composition passes here: that of a single run, of a sweep, of each of its runs, and of a worker process.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.default_element import ConfigDefault, GroupDefault, InputDefault
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep
from hydra.initialize import get_gh_backup, restore_gh_from_backup
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from dlx import paths
from dlx.config import catalog
from dlx.config.catalog import WORD
from dlx.config.hydra import gate
from dlx.config.hydra.environment import guard_environment
from dlx.config.swept import foreign, group_of, options_in, options_of
from dlx.errors import ConfigError

VERSION = "1.3"  # behavior of Hydra, see `version_base`
PRIMARY = "train"
PATH = re.compile(rf"{WORD}(/{WORD})*")


class Repository(ConfigRepository):
    """Hydra's files; the name of each is that of a group and of an option, of one word each."""

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Return a file of the search path.

        Raises:
            ConfigError: The path leads out of the folder of its group, or the file of an option chooses an option of
                Hydra's own or replaces Hydra's node.
        """
        if not PATH.fullmatch(config_path):
            raise ConfigError(f"{config_path}: is a path; expected GROUP/OPTION, where an option is one word")
        found = super().load_config(config_path)
        if found is not None and config_path != PRIMARY and not config_path.startswith("hydra/"):
            refuse_hydra(found, f"{found.path.partition('://')[2]}/{config_path.removeprefix('experiment/')}.yaml")
        return found


def refuse_hydra(found: ConfigResult, file: str) -> None:
    """Refuse a file of a group that chooses an option of Hydra's own or sets other keys of Hydra than it may.

    Raises:
        ConfigError: The file does; the message names it and the key.
    """
    for entry in found.defaults_list or ():
        place = entry.path if isinstance(entry, ConfigDefault) else group_chosen(entry)
        if "hydra" in str(place).split("/"):
            raise ConfigError(f"{file}: defaults: {place}: Hydra's own options are given on the command line")
    node = OmegaConf.to_container(found.config, resolve=False)
    hydra = node.get("hydra", {}) if isinstance(node, dict) else {}
    sweeper = hydra.get("sweeper", {}) if isinstance(hydra, dict) else None
    if not isinstance(sweeper, dict):
        raise ConfigError(f"{file}: hydra: expected keys with values, of which a file may set {gate.FILE}")
    for key in (*(key for key in hydra if key not in ("mode", "sweeper")), *(f"sweeper.{k}" for k in sweeper)):
        if key != "sweeper.params":
            raise ConfigError(f"{file}: hydra.{key}: {gate.SAID}")


def group_chosen(entry: InputDefault) -> str:
    """Return the group that an entry of a defaults list chooses an option of, or "" if it names a file."""
    return str(entry.group) if isinstance(entry, GroupDefault) else ""


class HydraOnly(Repository):
    """The same files, of which the primary one is reduced to what it says about Hydra."""

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Return a file of the search path."""
        found = super().load_config(config_path)
        if found is not None and config_path == PRIMARY:
            assert found.defaults_list is not None
            assert isinstance(found.config, DictConfig)
            found.defaults_list = [
                entry for entry in found.defaults_list if entry.is_self() or group_chosen(entry).startswith("hydra/")
            ]
            found.config = OmegaConf.masked_copy(found.config, "hydra")
        return found


class Loader(ConfigLoaderImpl):
    """Composes configurations in which Hydra's own node is that of dlx and of the command line.

    Args:
        config_search_path: the folders of the files.
    """

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        self.config_search_path = config_search_path
        self.repository = Repository(config_search_path)

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Return the composed configuration; that of a sweep has the first option of each group that is swept.

        Hydra leaves swept options out, so that a key of theirs (`optimizer=momentum,nesterov optimizer.momentum=0.8`)
        would be looked up in the option that stands there otherwise. A key that only a later option has waits for the
        runs with that option.

        Raises:
            ConfigError: A file, and not the command line, sets a key of Hydra's own, or a value there names a class
                that Hydra must not build.
        """
        guard_environment()
        single = overrides if run_mode is RunMode.RUN else self._first_run(overrides)
        found = super().load_configuration(config_name, single, run_mode, from_shell, validate_sweep_overrides)
        if single != overrides:
            parsed = OverridesParser.create().parse_overrides(overrides)
            found.hydra.overrides.task = [word.input_line for word in parsed if not word.is_hydra_override()]
        gate.check(found, trusted(config_name, overrides))
        return found

    def _first_run(self, words: list[str]) -> list[str]:
        """Return the overrides of a sweep with the first of several options of a group, without keys that it lacks."""
        levels, groups = [self._levels(word) for word in words], catalog.groups()
        first = [several[0] if several else word for word, several in zip(words, levels, strict=True)]
        swept = options_of(options_in([level], groups) for several in levels for level in several)
        chosen = options_in(first, groups)
        return [
            word
            for word in first
            if group_of(word) not in swept or not foreign(word, chosen[group_of(word)], swept[group_of(word)])
        ]

    def _levels(self, word: str) -> list[str]:
        """Return an override for each option that one sweeps over; nothing if it does not sweep a group."""
        override = OverridesParser.create().parse_override(word)
        is_group = not override.is_hydra_override() and self.repository.group_exists(override.key_or_group)
        if not is_group or not isinstance(override.value(), ChoiceSweep):
            return []
        return [f"{override.get_key_element()}={level}" for level in override.sweep_string_iterator()]


def trusted(config_name: str | None, overrides: Sequence[str]) -> DictConfig:
    """Return a configuration with Hydra's node as dlx and the command line set it, without any file of the user.

    Args:
        config_name: the primary file.
        overrides: overrides, of which those of Hydra's own keys count.
    """
    parsed = [word for word in OverridesParser.create().parse_overrides(list(overrides)) if word.is_hydra_override()]
    groups = [w for w in parsed if "/" in w.key_or_group or w.key_or_group == "hydra.searchpath"]
    found = base(config_name, tuple(str(word.input_line) for word in groups)).copy()
    ConfigLoaderImpl._apply_overrides_to_config([word for word in parsed if word not in groups], found)
    for name in found.hydra.job.env_copy:
        OmegaConf.update(found, f"hydra.job.env_set.{name}", os.environ.get(name, ""), force_add=True)
    return found


@cache
def base(config_name: str | None, groups: tuple[str, ...]) -> DictConfig:
    """Return a configuration with Hydra's node as dlx and some options of Hydra set it.

    Args:
        config_name: the primary file.
        groups: overrides that choose options of Hydra, or its search path.
    """
    loader = Loader.__new__(Loader)
    loader.config_search_path = create_config_search_path(str(paths.shipped("conf")))
    own = [place for place in loader.config_search_path.get_path() if place.provider == "own"]
    for place in own:
        loader.config_search_path.get_path().remove(place)
    loader.repository = HydraOnly(loader.config_search_path)
    return ConfigLoaderImpl.load_configuration(loader, config_name, list(groups), RunMode.RUN)


@contextmanager
def started() -> Iterator[Any]:
    """Start Hydra for a block, with the files of dlx and of the user, and give it."""
    before = get_gh_backup()
    version.setbase(VERSION)
    hydra = Hydra("dlx", Loader(create_config_search_path(str(paths.shipped("conf")))))
    GlobalHydra.instance().initialize(hydra)
    try:
        yield hydra
    finally:
        restore_gh_from_backup(before)
