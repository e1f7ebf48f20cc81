"""Finding the studies: those that ship with dlx, and those of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from dlx import paths
from dlx.config.yaml_file import read_mapping
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


def find_study(name: str) -> Study | None:
    """Return a study as its file defines it, or None if there is none or it is invalid."""
    try:
        return read_study(name)
    except ConfigError:
        return None


def study_node(file: Path) -> Any:
    """Return the node `study` of a file, or None if it has none.

    Raises:
        ConfigError: The file cannot be read, is not valid YAML, or exceeds a limit.
    """
    node = read_mapping(file).get("study")
    return OmegaConf.to_container(OmegaConf.create(node)) if isinstance(node, dict) else node


def fixed_numbers(name: str) -> dict[str, int]:
    """Return the integers above 1 that a study sets in its groups by key, as suggestions for variations."""
    node = read_mapping(files()[name])
    groups = {group: node[group] for group in ("model", "dataset", "optimizer", "trainer") if group in node}
    return {
        f"{group}.{key}": value
        for group, keys in groups.items()
        for key, value in (keys.items() if isinstance(keys, dict) else ())
        if isinstance(value, int) and value > 1
    }


def all_studies() -> list[Study]:
    """Return all studies by chapter and name; experiments without claims and facts are left out."""
    nodes = {name: study_node(file) for name, file in files().items()}
    studies = [read_study(name) for name, node in nodes.items() if is_judged(node)]
    return sorted(studies, key=lambda study: (CHAPTERS.index(study.chapter), study.name))


def is_judged(node: Any) -> bool:
    """Return True if the node `study` of a file has claims or facts, or has a form that `read_study` refuses."""
    return node is not None and (not isinstance(node, dict) or bool(node.get("claims") or node.get("facts")))
