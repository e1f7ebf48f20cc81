"""Finished runs as others see them: read from their folders, selected, grouped into arms."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from dlx.files import read_json

SEED_KEYS = ("seed", "dataset.fold", "streams.split", "streams.init", "streams.order", "streams.data")


@dataclass(frozen=True)
class Run:
    """One run, from its summary.json and identity.json."""

    folder: Path
    summary: Mapping[str, Any] = field(repr=False)
    config: Mapping[str, Any] = field(repr=False, default_factory=dict)

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

    @property
    def parameters(self) -> dict[str, Any]:
        """Return its flat configuration: dotted keys and plain values."""
        return dict(self.summary.get("config", {}))


def read_run(folder: Path) -> Run | None:
    """Read one run; None where the folder holds none."""
    summary = read_json(folder / "summary.json")
    if not isinstance(summary, dict) or "status" not in summary:
        return None
    identity = read_json(folder / "identity.json") or {}
    return Run(folder, summary, identity.get("config", {}))


def run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders below a root that hold a summary.json, in order; a run's own folders are not entered."""
    for here, folders, files in os.walk(root):
        folders.sort()
        if "summary.json" in files:
            folders.clear()
            yield Path(here)


def read_runs(roots: Iterable[Path]) -> list[Run]:
    """Read all runs below the folders; a folder with a sweep.json stands for the runs that it lists."""
    seen: dict[Path, Run] = {}
    for root in roots:
        sweep = read_json(root / "sweep.json")
        listed = [Path(item["folder"]) for item in sweep["runs"]] if sweep else run_folders(root)
        for folder in listed:
            run = read_run(folder)
            if run is not None:
                seen.setdefault(folder.resolve(), run)
    return list(seen.values())


def differing(runs: Sequence[Run]) -> list[str]:
    """Return the flat keys in which the runs differ, in the order of the configuration."""
    parameters = [run.parameters for run in runs]
    keys = dict.fromkeys(key for flat in parameters for key in flat)
    return [key for key in keys if len({repr(flat.get(key)) for flat in parameters}) > 1]


@dataclass(frozen=True)
class Arm:
    """The runs that differ in seed (or fold) alone."""

    parameters: Mapping[str, Any]
    runs: Sequence[Run]

    def values(self, metric: str) -> list[float]:
        """Return a metric of each run that has it."""
        return [float(run.metrics[metric]) for run in self.runs if metric in run.metrics]

    def mean_sd(self, metric: str) -> tuple[float, float]:
        """Return mean and standard deviation (n - 1) over the runs; nan where there is none."""
        values = self.values(metric)
        if not values:
            return math.nan, math.nan
        return mean(values), stdev(values) if len(values) > 1 else math.nan


def arms(runs: Sequence[Run]) -> tuple[list[str], list[Arm]]:
    """Group runs into arms; return the keys that tell the arms apart, and the arms in order of appearance."""
    keys = [key for key in differing(runs) if key not in SEED_KEYS]
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(repr([run.parameters.get(key) for key in keys]), []).append(run)
    return keys, [Arm({key: group[0].parameters.get(key) for key in keys}, group) for group in groups.values()]
