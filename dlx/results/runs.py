"""Reading of runs from their folders: summary, metrics and configuration."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dlx.config.catalog import STANDING, option_files
from dlx.config.node import target_of
from dlx.config.revision import is_revised, read_earlier, recorded_revision, revision_of
from dlx.config.schema import constant
from dlx.files import read_json


@dataclass(frozen=True)
class Run:
    """One run, read from its summary.json; identity.json is read at its first use."""

    folder: Path
    summary: Mapping[str, Any] = field(repr=False)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The canonical configuration."""
        return (read_json(self.folder / "identity.json") or {}).get("config", {})

    @property
    def status(self) -> str:
        """The status: finished, diverged, failed, interrupted or running."""
        return str(self.summary.get("status"))

    @property
    def identity(self) -> str:
        """The identity of the configuration."""
        return str(self.summary.get("identity"))

    @property
    def job(self) -> str:
        """The job: `train`, or the name of a job without training."""
        return str(self.summary.get("job", "train"))

    @property
    def data_hash(self) -> str:
        """The hash of the data."""
        return str(self.summary.get("data_hash"))

    @property
    def metrics(self) -> Mapping[str, float]:
        """The final metrics."""
        return self.summary.get("metrics", {})

    @cached_property
    def comparable(self) -> dict[str, Any]:
        """The flat configuration with one key for each list group."""
        return comparable(self.parameters)

    @cached_property
    def outdated(self) -> bool:
        """True if an earlier revision of its model or dataset made the run; today it would have other numbers."""
        if has_marks(str(self.parameters.get("dataset"))) and read_earlier(self.config):
            return True
        if not maybe_revised(str(self.parameters.get("model"))):
            return False
        return revision_of(self.config, self._classes()) > recorded_revision(self.config)

    def _classes(self) -> int:
        """Return the number of classes of the data; 0 if there are none, or if it is not known."""
        target = (read_json(self.folder / "identity.json") or {}).get("target")
        if isinstance(target, Mapping):
            return len(target.get("classes", ()))
        return scores_of(self.folder / "predictions.npz")  # runs that did not record their targets

    @property
    def parameters(self) -> dict[str, Any]:
        """The flat configuration: dotted keys and plain values."""
        return dict(self.summary.get("config", {}))


@cache
def maybe_revised(option: str) -> bool:
    """Return whether the class of a model's option declares a revision, or is not known."""
    file = option_files("model").get(option)
    if file is None:
        return True
    return is_revised(target_of(yaml.safe_load(file.read_text(encoding="utf-8"))))


@cache
def has_marks(option: str) -> bool:
    """Return whether the class of a dataset's option declares that it was revised for some of its runs."""
    file = option_files("dataset").get(option)
    if file is None:
        return False
    return bool(constant(target_of(yaml.safe_load(file.read_text(encoding="utf-8"))), "recorded_with"))


def scores_of(file: Path) -> int:
    """Return the number of scores of an example in predictions.npz; 0 if there is no such file."""
    try:
        with np.load(file) as arrays:
            shape = arrays["prediction"].shape
    except (OSError, KeyError, ValueError):
        return 0
    return int(shape[1]) if len(shape) == 2 else 0


def read_run(folder: Path) -> Run | None:
    """Return the run in a folder, or None if the folder contains no run."""
    summary = read_json(folder / "summary.json")
    if not isinstance(summary, dict) or "status" not in summary:
        return None
    return Run(folder, summary)


def run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders below a root that contain a summary.json, in order; subfolders of a run are not searched."""
    for here, folders, files in os.walk(root):
        folders.sort()
        if "summary.json" in files:
            folders.clear()
            yield Path(here)


def read_runs(roots: Iterable[Path]) -> list[Run]:
    """Return all runs below the folders; for a folder with a sweep.json, the runs listed in it."""
    seen: dict[str, Run] = {}
    for root in roots:
        sweep = read_json(root / "sweep.json")
        # only the root itself may be a link, so the real paths of all folders below follow from its own
        real = os.path.realpath(root)
        listed = [Path(item["folder"]) for item in sweep["runs"]] if sweep else run_folders(root)
        for folder in listed:
            run = read_run(folder)
            if run is not None:
                place = os.path.realpath(folder) if sweep else os.path.join(real, os.path.relpath(folder, root))
                seen.setdefault(place, run)
    return list(seen.values())


def comparable(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat configuration that starts with a key for each list group, such as `l2+dropout` or `none`."""
    result: dict[str, Any] = {}
    for group in STANDING:
        members = [key.split(".")[1] for key in flat if key.startswith(f"{group}.") and key.count(".") == 1]
        result[group] = "+".join(members) or "none"
    listed = tuple(f"{group}." for group in STANDING)
    return result | {key: value for key, value in flat.items() if not (key.startswith(listed) and key.count(".") == 1)}
