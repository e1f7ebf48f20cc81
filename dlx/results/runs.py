"""Runs as they are read from their folders: summary, metrics, configuration."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dlx.config.catalog import STANDING
from dlx.files import read_json


@dataclass(frozen=True)
class Run:
    """One run, from its summary.json; its identity.json is read when it is asked for."""

    folder: Path
    summary: Mapping[str, Any] = field(repr=False)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Return its canonical configuration."""
        return (read_json(self.folder / "identity.json") or {}).get("config", {})

    @property
    def status(self) -> str:
        """Return finished, diverged, failed, interrupted or running."""
        return str(self.summary.get("status"))

    @property
    def identity(self) -> str:
        """Return the name of its configuration."""
        return str(self.summary.get("identity"))

    @property
    def job(self) -> str:
        """Return what it did: train, or a measurement."""
        return str(self.summary.get("job", "train"))

    @property
    def data_hash(self) -> str:
        """Return the digest of its data."""
        return str(self.summary.get("data_hash"))

    @property
    def metrics(self) -> Mapping[str, float]:
        """Return its final metrics."""
        return self.summary.get("metrics", {})

    @cached_property
    def comparable(self) -> dict[str, Any]:
        """Return its flat configuration with one key for each list group."""
        return comparable(self.parameters)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return its flat configuration: dotted keys and plain values."""
        return dict(self.summary.get("config", {}))


def read_run(folder: Path) -> Run | None:
    """Read one run; None where the folder holds none."""
    summary = read_json(folder / "summary.json")
    if not isinstance(summary, dict) or "status" not in summary:
        return None
    return Run(folder, summary)


def run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders below a root that hold a summary.json, in order; a run's own folders are not entered."""
    for here, folders, files in os.walk(root):
        folders.sort()
        if "summary.json" in files:
            folders.clear()
            yield Path(here)


def read_runs(roots: Iterable[Path]) -> list[Run]:
    """Read all runs below the folders; a folder with a sweep.json stands for the runs that it lists."""
    seen: dict[str, Run] = {}
    for root in roots:
        sweep = read_json(root / "sweep.json")
        # a link is followed at the root only, so that its real path tells those of all folders below
        real = os.path.realpath(root)
        listed = [Path(item["folder"]) for item in sweep["runs"]] if sweep else run_folders(root)
        for folder in listed:
            run = read_run(folder)
            if run is not None:
                place = os.path.realpath(folder) if sweep else os.path.join(real, os.path.relpath(folder, root))
                seen.setdefault(place, run)
    return list(seen.values())


def comparable(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Give each list group a key of its own, `l2+dropout` or `none`, in front of its members' keys."""
    result: dict[str, Any] = {}
    for group in STANDING:
        members = [key.split(".")[1] for key in flat if key.startswith(f"{group}.") and key.count(".") == 1]
        result[group] = "+".join(members) or "none"
    listed = tuple(f"{group}." for group in STANDING)
    return result | {key: value for key, value in flat.items() if not (key.startswith(listed) and key.count(".") == 1)}
