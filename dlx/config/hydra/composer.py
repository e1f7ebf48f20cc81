"""Composition of the configurations of a sweep's runs, with a cache.

Hydra reads every file again for each run, which takes at least 50 ms. The files depend only on the chosen options, so
runs that differ only in values share one composition; their values are set on copies of it.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from dlx.config import catalog
from dlx.config.node import is_node, option_of, target_of
from dlx.config.overrides import refuse_hydra
from dlx.config.parts import expanded, present, written


@dataclass(frozen=True)
class Composed:
    """The composed configuration of a run.

    Attributes:
        config: configuration as plain containers, with interpolations resolved.
        choices: chosen option of each group.
        hydra: Hydra's own node, with interpolations not resolved.
    """

    config: dict[str, Any]
    choices: dict[str, Any]
    hydra: dict[str, Any]


@dataclass(frozen=True)
class _Base:
    config: bytes  # pickled: it is read again for each run in a sixth of the time of copy.deepcopy
    choices: dict[str, Any]
    hydra: dict[str, Any]


class Composer:
    """Composes the configurations of the runs of one sweep.

    Args:
        loader: Hydra's configuration loader.
        master: configuration of the sweep itself.
    """

    def __init__(self, loader: Any, master: DictConfig) -> None:
        self.loader, self.master = loader, master
        self.parser = OverridesParser.create(config_loader=loader)
        self._bases: dict[tuple[str, ...], _Base] = {}

    def __call__(self, overrides: Sequence[str]) -> Composed:
        """Return the configuration of one run.

        Args:
            overrides: overrides of the run.

        Raises:
            ConfigError: If an override sets a key of Hydra's own, which only the command line may.
        """
        overrides = [written(override) for override in overrides]
        parsed = self.parser.parse_overrides(overrides)
        refuse_hydra(parsed)
        values = [override for override in parsed if self._is_value(override)]
        structure = tuple(text for text, override in zip(overrides, parsed, strict=True) if override not in values)
        if structure not in self._bases:
            self._bases[structure] = self._base(structure)
        base = self._bases[structure]
        config: DictConfig = pickle.loads(base.config)  # noqa: S301 (composed by this process)
        ConfigLoaderImpl._apply_overrides_to_config(values, config)
        found = expanded(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
        return Composed(found, {**base.choices, **list_choices(found)}, base.hydra)

    def _is_value(self, override: Override) -> bool:
        """Return whether an override only sets a value, i.e. neither chooses an option nor configures Hydra."""
        key = override.key_or_group
        if key.split(".")[0].split("/")[0] == "hydra":
            return False
        return isinstance(override.value(), dict) or not self.loader.repository.group_exists(key)

    def _base(self, structure: Sequence[str]) -> _Base:
        whole = self.loader.load_sweep_config(self.master, list(structure))
        hydra: Any = OmegaConf.to_container(whole.hydra, resolve=False, enum_to_str=True)
        config = OmegaConf.masked_copy(whole, [str(key) for key in whole if key != "hydra"])
        return _Base(pickle.dumps(config), group_choices(hydra["runtime"]["choices"]), hydra)


def group_choices(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chosen option of each group from Hydra's record of choices, without Hydra's own groups."""
    return {group: choice for group, choice in recorded.items() if not group.startswith("hydra/")}


def list_choices(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Hydra's record lacks: the active members of each list group, or `none`, and the options of parts.

    The order is that of the configuration, in which augmentations are applied.
    """
    from dlx.config.identity import is_neutral

    members = {
        group: [name for name, node in config[group].items() if is_node(node) and not is_neutral(node)] or ["none"]
        for group in catalog.list_groups()
    }
    own = {
        f"{part}.{group}": option_of(target_of(node))
        for part in present(config)
        if isinstance(config[part], Mapping)
        for group, node in config[part].items()
    }
    return {**members, **own}
