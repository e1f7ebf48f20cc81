"""What dlx adds to Hydra, registered in the process: sources of configuration, search path, resolvers, the sweeper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from dlx import paths
from dlx.config.catalog import STANDING
from dlx.config.node import is_node, make_node, target_of
from dlx.config.schema import neutral_values
from dlx.errors import ConfigError

NEUTRAL = "_neutral"


class ExperimentSource(ConfigSource):
    """The files of experiments/ as the group `experiment`."""

    @staticmethod
    def scheme() -> str:
        """Return the scheme of its addresses."""
        return "dlx-experiments"

    def _file(self, config_path: str) -> Path | None:
        group, _, name = self._normalize_file_name(config_path).partition("/")
        file = Path(self.path) / name
        return file if group == "experiment" and name and file.is_file() else None

    def load_config(self, config_path: str) -> ConfigResult:
        """Read one study."""
        file = self._file(config_path)
        if file is None:
            raise ConfigLoadError(f"Config not found : {config_path}")
        text = file.read_text(encoding="utf-8")
        return ConfigResult(
            config=OmegaConf.create(text),
            path=f"{self.scheme()}://{self.path}",
            provider=self.provider,
            header=ConfigSource._get_header_dict(text),
        )

    def available(self) -> bool:
        """Tell whether the folder is there."""
        return Path(self.path).is_dir()

    def is_group(self, config_path: str) -> bool:
        """Tell whether a path is a group: the root, and `experiment`."""
        return config_path in ("", "experiment")

    def is_config(self, config_path: str) -> bool:
        """Tell whether there is such a study."""
        return self._file(config_path) is not None

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """List the studies."""
        if config_path == "":
            return ["experiment"] if results_filter in (None, ObjectType.GROUP) else []
        names = sorted(file.stem for file in Path(self.path).glob("*.yaml"))
        return names if config_path == "experiment" and results_filter in (None, ObjectType.CONFIG) else []


class NeutralSource(ConfigSource):
    """For each list group a file `_neutral` with every member at the values that do nothing.

    So all strengths stand in the composed configuration and can be swept and crossed. The values are the Python
    defaults of the classes that the group's files name: a new member needs no list to be edited.
    """

    @staticmethod
    def scheme() -> str:
        """Return the scheme of its addresses."""
        return "dlx-neutral"

    def load_config(self, config_path: str) -> ConfigResult:
        """Compose the neutral members of a group."""
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
        """Always there."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Tell whether a path is a list group."""
        return config_path == "" or config_path in STANDING

    def is_config(self, config_path: str) -> bool:
        """Tell whether a path is a group's `_neutral`."""
        group, _, name = self._normalize_file_name(config_path).partition("/")
        return group in STANDING and name == f"{NEUTRAL}.yaml"

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """List nothing: it is no choice of the user's."""
        return []


def neutral_members(group: str) -> dict[str, dict]:
    """Return every member of a list group at its neutral values, read from the option files and their classes."""
    members: dict[str, dict] = {}
    for root in paths.roots("conf"):
        for file in sorted((root / group).glob("*.yaml")):
            for name, node in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
                if is_node(node):
                    neutral = neutral_values(target_of(node))
                    if neutral:
                        members[name] = make_node(target_of(node), neutral)
    return members


class OwnSearchPath(SearchPathPlugin):
    """Append the shipped experiments and the user's own ./conf and ./experiments."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append our sources."""
        search_path.append("dlx", f"dlx-experiments://{paths.shipped('experiments')}")
        search_path.append("dlx", f"dlx-neutral://{paths.shipped('conf')}")
        if paths.own("conf"):
            search_path.append("own", f"file://{paths.own('conf')}")
        if paths.own("experiments"):
            search_path.append("own", f"dlx-experiments://{paths.own('experiments')}")


def refuse_clashes() -> None:
    """Refuse a user's file of the same name as a shipped one: Hydra would shadow one of them silently.

    Raises:
        ConfigError: names both files.
    """
    for folder in ("conf", "experiments"):
        mine = paths.own(folder)
        if mine is None:
            continue
        for file in sorted(mine.rglob("*.yaml")):
            shipped = paths.shipped(folder) / file.relative_to(mine)
            if shipped.is_file():
                raise ConfigError(f"{file}: dlx ships {folder}/{file.relative_to(mine)}; give yours another name")


def plain(config: DictConfig, resolve: bool = True) -> dict[str, Any]:
    """Return a composed configuration as plain containers, without the node `hydra`."""
    masked = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    found = OmegaConf.to_container(masked, resolve=resolve)
    assert isinstance(found, dict)
    return found  # type: ignore[return-value]
