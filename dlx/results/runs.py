"""Reading of runs from their folders: summary, metrics and configuration."""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from dlx.config.catalog import STANDING, option_files
from dlx.config.node import target_of
from dlx.config.revision import is_revised, read_earlier, recorded_revision, revision_of
from dlx.config.schema import constant
from dlx.config.yaml_file import read_mapping
from dlx.stored.read import BrokenFileError
from dlx.stored.run import SUMMARY, read_identity, read_summary
from dlx.stored.sweep import read_sweep


@dataclass(frozen=True)
class Run:
    """One run, read from its summary.json, which has all keys; identity.json is read at its first use."""

    folder: Path
    summary: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Add the defaults of missing keys to the summary."""
        object.__setattr__(self, "summary", SUMMARY.completed(self.summary))

    @cached_property
    def recorded(self) -> Mapping[str, Any]:
        """The content of identity.json; empty if the run has none.

        Raises:
            BrokenFileError: The file is broken.
        """
        return read_identity(self.folder) or {}

    @property
    def config(self) -> Mapping[str, Any]:
        """The canonical configuration; empty if the run has not recorded it."""
        return self.recorded["config"] if self.recorded else {}

    @property
    def status(self) -> str:
        """The status: finished, diverged, failed, interrupted or running."""
        return str(self.summary["status"])

    @property
    def identity(self) -> str:
        """The identity of the configuration."""
        return str(self.summary["identity"])

    @property
    def job(self) -> str:
        """The job: `train`, or the name of a job without training."""
        return str(self.summary["job"])

    @property
    def data_hash(self) -> str | None:
        """The hash of the data; None if they were not loaded."""
        return self.summary["data_hash"]  # type: ignore[no-any-return]

    @property
    def metrics(self) -> Mapping[str, float]:
        """The final metrics."""
        return self.summary["metrics"]  # type: ignore[no-any-return]

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
        if "model" not in self.config or "job" not in self.config:
            raise BrokenFileError(self.folder / "identity.json", "expected the configuration of the run")
        return revision_of(self.config, self._classes()) > recorded_revision(self.config)

    def _classes(self) -> int:
        """Return the number of classes of the data; 0 if there are none, or if it is not known."""
        target = self.recorded["target"] if self.recorded else None
        if target is not None:
            return len(target["classes"])
        return scores_of(self.folder / "predictions.npz")  # runs that did not record their targets

    @property
    def parameters(self) -> dict[str, Any]:
        """The flat configuration: dotted keys and plain values."""
        return dict(self.summary["config"])


def finished(runs: Sequence[Run]) -> Sequence[Run]:
    """Return the runs that have finished; all where none has, e.g. where every run diverges."""
    return [run for run in runs if run.status == "finished"] or runs


@cache
def maybe_revised(option: str) -> bool:
    """Return whether the class of a model's option declares a revision, or is not known."""
    file = option_files("model").get(option)
    if file is None:
        return True
    return is_revised(target_of(read_mapping(file)))


@cache
def has_marks(option: str) -> bool:
    """Return whether the class of a dataset's option declares that it was revised for some of its runs."""
    file = option_files("dataset").get(option)
    if file is None:
        return False
    return bool(constant(target_of(read_mapping(file)), "recorded_with"))


def scores_of(file: Path) -> int:
    """Return the number of scores of an example in predictions.npz; 0 if there is no such file."""
    try:
        with ZipFile(file) as arrays, arrays.open("prediction.npy") as array:  # its first bytes: it may be a bomb
            old = np.lib.format.read_magic(array) == (1, 0)
            shape = (np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0)(array)[0]
    except (OSError, KeyError, ValueError, EOFError, RuntimeError, NotImplementedError, BadZipFile, zlib.error):
        return 0
    return int(shape[1]) if len(shape) == 2 else 0


def read_run(folder: Path) -> Run | None:
    """Return the run in a folder, or None if the folder contains no run.

    Raises:
        BrokenFileError: Its summary is broken, or what tells in its identity.json whether it is outdated.
    """
    summary = read_summary(folder)
    if summary is None:
        return None
    run = Run(folder, summary)
    assert run.outdated in (True, False)
    return run


def run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders below a root that contain a summary.json, in order; subfolders of a run are not searched."""
    for here, folders, files in os.walk(root):
        folders.sort()
        if "summary.json" in files:
            folders.clear()
            yield Path(here)


def warn(broken: BrokenFileError) -> None:
    """Warn of a file that is passed over."""
    warnings.warn(f"passed over {broken}", stacklevel=3)


def read_runs(roots: Iterable[Path], pass_over: Callable[[BrokenFileError], None] = warn) -> list[Run]:
    """Return all runs below the folders; for a folder with a sweep.json, the runs listed in it.

    Args:
        roots: the folders.
        pass_over: called with each broken file; its run is left out. Of a broken sweep.json the runs below its folder
            are returned.
    """
    seen: dict[str, Run] = {}
    for root in roots:
        for folder, place in _placed(root, pass_over):
            try:
                run = read_run(folder)
            except BrokenFileError as error:
                pass_over(error)
                continue
            if run is not None:
                seen.setdefault(place, run)
    return list(seen.values())


def folders_below(root: Path, pass_over: Callable[[BrokenFileError], None] = warn) -> Iterator[Path]:
    """Yield the folders that `read_runs` reads for one of its folders."""
    yield from (folder for folder, _ in _placed(root, pass_over))


def _placed(root: Path, pass_over: Callable[[BrokenFileError], None]) -> Iterator[tuple[Path, str]]:
    """Yield the folders of runs and their real paths."""
    try:
        sweep = read_sweep(root)
    except BrokenFileError as error:
        sweep = None
        pass_over(error)
    # only the root itself may be a link, so the real paths of all folders below follow from its own
    real = os.path.realpath(root)
    for folder in [Path(item["folder"]) for item in sweep["runs"]] if sweep else run_folders(root):
        yield folder, os.path.realpath(folder) if sweep else os.path.join(real, os.path.relpath(folder, root))


def comparable(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat configuration that starts with a key for each list group, such as `l2+dropout` or `none`."""
    result: dict[str, Any] = {}
    for group in STANDING:
        members = [key.split(".")[1] for key in flat if key.startswith(f"{group}.") and key.count(".") == 1]
        result[group] = "+".join(members) or "none"
    listed = tuple(f"{group}." for group in STANDING)
    return result | {key: value for key, value in flat.items() if not (key.startswith(listed) and key.count(".") == 1)}
