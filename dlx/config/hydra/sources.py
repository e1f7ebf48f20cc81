"""Hydra plugins of dlx: the config sources for experiments and neutral members, and the search path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from dlx import paths
from dlx.config.catalog import STANDING
from dlx.config.node import is_node, make_node, target_of
from dlx.config.parts import expanded
from dlx.config.schema import neutral_values
from dlx.config.yaml_file import defaults_of, mapping_of, parsed, read_mapping, read_text
from dlx.errors import ConfigError

NEUTRAL = "_neutral"


class ExperimentSource(ConfigSource):
    """Config source that presents the files of experiments/ as the group `experiment`."""

    @staticmethod
    def scheme() -> str:
        """Return the URL scheme of this source."""
        return "dlx-experiments"

    def _file(self, config_path: str) -> Path | None:
        group, _, name = self._normalize_file_name(config_path).partition("/")
        file = Path(self.path) / name
        return file if group == "experiment" and name and os.path.exists(file) else None

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the configuration of one study.

        Raises:
            ConfigLoadError: If the study does not exist.
        """
        file = self._file(config_path)
        if file is None:
            raise ConfigLoadError(f"Config not found : {config_path}")
        return result(self, file)

    def available(self) -> bool:
        """Return whether the folder exists."""
        return Path(self.path).is_dir()

    def is_group(self, config_path: str) -> bool:
        """Return whether a path is a group, i.e. the root or `experiment`."""
        return config_path in ("", "experiment")

    def is_config(self, config_path: str) -> bool:
        """Return whether a path is a study that exists."""
        return self._file(config_path) is not None

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the names of the studies, or of the group for the root."""
        if config_path == "":
            return ["experiment"] if results_filter in (None, ObjectType.GROUP) else []
        names = sorted(file.stem for file in Path(self.path).glob("*.yaml"))
        return names if config_path == "experiment" and results_filter in (None, ObjectType.CONFIG) else []


class OwnSource(ConfigSource):
    """Config source for the files of the user's conf/, which are read within the limits of `dlx.config.yaml_file`."""

    @staticmethod
    def scheme() -> str:
        """Return the URL scheme of this source."""
        return "dlx-own"

    def _place(self, config_path: str) -> Path:
        return Path(self.path) / config_path.strip("/")

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the configuration of one file.

        Raises:
            ConfigLoadError: If the file does not exist.
        """
        name = self._normalize_file_name(config_path)
        if not self.is_config(config_path):
            raise ConfigLoadError(f"Config not found : {name}")
        return result(self, self._place(name))

    def available(self) -> bool:
        """Return whether the folder exists."""
        return Path(self.path).is_dir()

    def is_group(self, config_path: str) -> bool:
        """Return whether a path is a folder."""
        return os.path.isdir(self._place(config_path))

    def is_config(self, config_path: str) -> bool:
        """Return whether a path is a file."""
        return os.path.exists(self._place(self._normalize_file_name(config_path)))

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the names of the files, of the folders or of both in a group."""
        found: list[str] = []
        for path in sorted(self._place(config_path).iterdir()):
            self._list_add_result(found, f"{config_path}/{path.name}".strip("/"), path.name, results_filter)
        return sorted(set(found))


def result(source: ConfigSource, file: Path) -> ConfigResult:
    """Return the content of a file as Hydra takes it from a source.

    Raises:
        ConfigError: The file cannot be read, is not valid YAML, or its defaults list has another form.
    """
    text = read_text(file)
    content = mapping_of(parsed(text, file), file)
    defaults_of(content, file)
    try:
        header = ConfigSource._get_header_dict(text)
    except ValueError as error:  # `# @package` without the name of a package
        raise ConfigError(f"{file}: expected a first line such as '# @package _global_' ({error})") from None
    where = f"{source.scheme()}://{source.path}"
    return ConfigResult(config=OmegaConf.create(content), provider=source.provider, path=where, header=header)


class NeutralSource(ConfigSource):
    """Config source with a generated file `_neutral` for each list group, in which no member has an effect.

    It puts the keys of all members into the composed configuration, so that each can be set and swept. The values are
    the Python defaults of the classes that the files of the group name, so new members are included automatically.
    """

    @staticmethod
    def scheme() -> str:
        """Return the URL scheme of this source."""
        return "dlx-neutral"

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the members of a group at their neutral values.

        Raises:
            ConfigLoadError: If the path is not the `_neutral` file of a list group.
        """
        if not self.is_config(config_path):
            raise ConfigLoadError(f"Config not found : {config_path}")
        group = self._normalize_file_name(config_path).split("/")[0]
        return ConfigResult(
            config=OmegaConf.create(neutral_members(group)),
            path=f"{self.scheme()}://{self.path}",
            provider=self.provider,
            header={"package": None},
        )

    def available(self) -> bool:
        """Return True: the source is always available."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Return whether a path is a group, i.e. the root or a list group."""
        return config_path == "" or config_path in STANDING

    def is_config(self, config_path: str) -> bool:
        """Return whether a path is the `_neutral` file of a group."""
        group, _, name = self._normalize_file_name(config_path).partition("/")
        return group in STANDING and name == f"{NEUTRAL}.yaml"

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return an empty list, because `_neutral` is not an option that a user chooses."""
        return []


def neutral_members(group: str) -> dict[str, dict]:
    """Return the node of each member of a list group at neutral values, read from the option files and classes."""
    members: dict[str, dict] = {}
    for root in paths.roots("conf"):
        for file in sorted((root / group).glob("*.yaml")):
            for name, node in read_mapping(file).items():
                if is_node(node):
                    neutral = neutral_values(target_of(node))
                    if neutral:
                        members[name] = make_node(target_of(node), neutral)
    return members


class OwnSearchPath(SearchPathPlugin):
    """Search path plugin for the shipped experiments, the neutral members and the user's conf/ and experiments/."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the sources to Hydra's search path."""
        search_path.append("dlx", f"dlx-experiments://{paths.shipped('experiments')}")
        search_path.append("dlx", f"dlx-neutral://{paths.shipped('conf')}")
        if paths.own("conf"):
            search_path.append("own", f"dlx-own://{paths.own('conf')}")
        if paths.own("experiments"):
            search_path.append("own", f"dlx-experiments://{paths.own('experiments')}")


def refuse_clashes() -> None:
    """Check that no file of the user has the name of one of dlx, because Hydra would silently use only one of them.

    Names below conf/hydra are Hydra's own, and those of studies belong to ./experiments.

    Raises:
        ConfigError: If one has; the message names the file.
    """
    taken = {
        "hydra": "Hydra's own keys are given on the command line (hydra.KEY=VALUE); take the file away",
        "experiment": "a study stands in ./experiments; move it there",
        **{f"{group}/{NEUTRAL}.yaml": "dlx makes a file of this name; give yours another" for group in STANDING},
    }
    conf = paths.own("conf")
    for name, remedy in taken.items():
        if conf is not None and os.path.lexists(conf / name):
            raise ConfigError(f"{next((conf / name).rglob('*.yaml'), conf / name)}: {remedy}")
    for folder in ("conf", "experiments"):
        mine = paths.own(folder)
        if mine is None:
            continue
        for shipped in sorted(paths.shipped(folder).rglob("*.yaml")):  # the user's folder may hold links, and anything
            file = mine / shipped.relative_to(paths.shipped(folder))
            if os.path.lexists(file):
                raise ConfigError(f"{file}: dlx ships {folder}/{file.relative_to(mine)}; give yours another name")


def plain(config: DictConfig, resolve: bool = True) -> dict[str, Any]:
    """Return a composed configuration as plain containers, without the node `hydra`.

    Args:
        config: composed configuration.
        resolve: resolve interpolations.
    """
    masked = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    found = OmegaConf.to_container(masked, resolve=resolve)
    assert isinstance(found, dict)
    return expanded(found)  # type: ignore[arg-type]
