"""Finding the studies: those that ship with dlx, and those of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dlx import paths
from dlx.errors import ConfigError, nearest
from dlx.study.read.study import CHAPTERS, Study, study_of


def files() -> dict[str, Path]:
    """Return the files of all studies by name."""
    return {file.stem: file for root in paths.roots("experiments") for file in sorted(root.glob("*.yaml"))}


def read_study(name: str) -> Study:
    """Return a study as its file defines it.

    Raises:
        ConfigError: There is no such study, or it is invalid.
    """
    found = files()
    if name not in found:
        raise ConfigError(f"{name}: no such study{nearest(name, found, 'dlx study list')}")
    node = study_node(found[name])
    if node is None:
        raise ConfigError(f"{found[name]}: has no study: block; docs/studies.md shows how to write one")
    try:
        return study_of(name, node)
    except ConfigError as error:
        raise ConfigError(f"{found[name]}: {error}") from None


def study_node(file: Path) -> dict[str, Any] | None:
    """Return the node `study` of a file, or None if it has none.

    Raises:
        ConfigError: The file is not valid YAML.
    """
    try:
        node = OmegaConf.select(OmegaConf.load(file), "study")
    except (yaml.YAMLError, OmegaConfBaseException) as error:
        raise ConfigError(f"{file}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    return OmegaConf.to_container(node) if node is not None else None  # type: ignore[return-value]


def fixed_numbers(name: str) -> dict[str, int]:
    """Return the integers above 1 that a study sets in its groups by key, as suggestions for variations."""
    node = OmegaConf.to_container(OmegaConf.load(files()[name]))
    assert isinstance(node, dict), "it has been read"
    groups = {group: node[group] for group in ("model", "dataset", "optimizer", "trainer") if group in node}
    return {
        f"{group}.{key}": value
        for group, keys in groups.items()
        for key, value in keys.items()
        if isinstance(value, int) and value > 1
    }


def all_studies() -> list[Study]:
    """Return all studies by chapter and name; experiments without claims and facts are left out."""
    nodes = {name: study_node(file) or {} for name, file in files().items()}
    studies = [read_study(name) for name, node in nodes.items() if node.get("claims") or node.get("facts")]
    return sorted(studies, key=lambda study: (CHAPTERS.index(study.chapter), study.name))
