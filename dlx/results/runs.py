"""Finished runs as others see them: read from their folders, selected, grouped into arms."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from dlx.config.catalog import STANDING
from dlx.files import read_json

SEED_KEYS = ("seed", "dataset.fold", "streams.split", "streams.init", "streams.order", "streams.data")


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


def differing(runs: Sequence[Run]) -> list[str]:
    """Return the flat keys in which the runs differ, in the order of the configuration.

    A key of an option differs only among runs with the same option: where `optimizer` itself differs, sgd's momentum
    and adam's betas tell nothing more. A list group is one key, with the names of its members as its value. A key that
    some runs do not have is compared among those that have it.
    """
    flats = [run.comparable for run in runs]
    values: dict[str, set[str]] = {}
    for flat in flats:
        for key, value in flat.items():
            values.setdefault(key, set()).add(repr(value))
    return [key for key, found in values.items() if len(found) > 1 and differs(key, flats)]


def differs(key: str, flats: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a key has several values among runs of the same option."""
    values: dict[Any, set[str]] = {}
    for flat in flats:
        if key in flat:
            values.setdefault(flat.get(owner(key, flat)), set()).add(repr(flat[key]))
    return any(len(found) > 1 for found in values.values())


def owner(key: str, flat: Mapping[str, Any]) -> str:
    """Return the key of the option that a key belongs to, "" where it belongs to none."""
    parts = key.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
    return next((prefix for prefix in prefixes if prefix in flat), "")


def comparable(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Give each list group a key of its own, `l2+dropout` or `none`, in front of its members' keys."""
    result: dict[str, Any] = {}
    for group in STANDING:
        members = [key.split(".")[1] for key in flat if key.startswith(f"{group}.") and key.count(".") == 1]
        result[group] = "+".join(members) or "none"
    listed = tuple(f"{group}." for group in STANDING)
    return result | {key: value for key, value in flat.items() if not (key.startswith(listed) and key.count(".") == 1)}


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
        flat = run.comparable
        groups.setdefault(repr([flat.get(key, "") for key in keys]), []).append(run)
    parameters = [group[0].comparable for group in groups.values()]
    return keys, [
        Arm({key: flat.get(key, "") for key in keys}, group)
        for flat, group in zip(parameters, groups.values(), strict=True)
    ]
