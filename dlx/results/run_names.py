"""Names of runs by what differs, such as `relu depth=20 seed=0`, for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlx.config import catalog
from dlx.config.parts import typed
from dlx.results.escape import plain
from dlx.results.table import short
from dlx.stored.read import BrokenFileError
from dlx.stored.run import read_summary
from dlx.stored.sweep import read_sweep

LONGEST = 100  # characters of a name
ARM, TIME = "arm", 8  # the axis of a study's arms; characters of the time in the name of a run's folder


def names_of_sweep(folder: Path) -> dict[Path, str]:
    """Return the names of the runs of a sweep by their folders: the levels of the axes that vary; {} for no sweep.

    Raises:
        BrokenFileError: Its sweep.json is broken.
    """
    sweep = read_sweep(folder)
    cells = (sweep or {}).get("cells") or []
    axes = list(dict.fromkeys(axis for cell in cells for axis in cell["labels"]))
    varied = [axis for axis in axes if len({cell["labels"].get(axis) for cell in cells}) > 1]
    found: dict[Path, str] = {}
    for cell in cells:
        if sweep is not None and cell["run"] < len(sweep["runs"]):
            place = Path(sweep["runs"][cell["run"]]["folder"]).resolve()
            found.setdefault(place, name_of({axis: cell["labels"].get(axis, "") for axis in varied}))
    return found


def name_of_run(folder: Path) -> str:
    """Return the name of a single run: the overrides that were typed and the time; "" for no run.

    Raises:
        BrokenFileError: Its summary.json is broken.
    """
    summary = read_summary(folder)
    if summary is None:
        return ""
    return f"{name_of(typed_values(summary['overrides'])) or 'defaults'} {folder.name[:TIME]}"


def typed_values(overrides: Sequence[str]) -> dict[str, str]:
    """Return the values of overrides, as they were typed, by their keys and groups."""
    keys = dict(word.partition("=")[::2] for word in map(typed, overrides) if "=" in word)
    return {key.lstrip("+~"): value for key, value in keys.items()}


def name_of(levels: Mapping[str, str]) -> str:
    """Return levels of axes as a name: options by their names alone, keys by their last segment, the seed last."""
    ordered = [axis for axis in levels if axis != "seed"] + ["seed"] * ("seed" in levels)
    alone = {ARM, *catalog.groups()}
    words = [
        levels[axis] if axis in alone else f"{last}={levels[axis]}"
        for axis, last in zip(ordered, short(ordered), strict=True)
        if levels[axis]
    ]
    return " ".join(filter(None, words))


def as_file(name: str) -> str:
    """Return a name as that of a file: in one segment, with visible characters and of limited length."""
    return plain(name).replace("/", "_").replace("\\", "_").lstrip(".")[:LONGEST].strip()


def named(places: Sequence[Path], runs: Iterable[Path]) -> dict[str, Path]:
    """Return runs by the names under which they are shown.

    Runs of a sweep are named by what varies in it, below the name of the sweep if there is more than one place; others
    by their overrides, or by their path below the place where nothing is known of them.

    Args:
        places: the folders that are shown: runs, sweeps, or folders of these.
        runs: the folders with events.
    """
    swept: dict[Path, str] = {}
    chosen = [place.resolve() for place in places]
    sweeps = {each.parent.resolve() for place in places for each in [place / "sweep.json", *place.rglob("sweep.json")]}
    for sweep in sorted(sweeps):
        head = "" if chosen[0] == sweep else f"{as_file(sweep.name)}/"
        swept |= {run: f"{head}{as_file(name)}" for run, name in safely(names_of_sweep, sweep, {}).items() if name}
    found: dict[str, Path] = {}
    for run in runs:
        own = run.resolve()
        name = swept.get(own) or as_file(safely(name_of_run, own, "")) or path_name(own, chosen)
        number, free = 2, name
        while free in found:
            number, free = number + 1, f"{name} ({number})"
        found[free] = run
    return found


def safely(read: Any, folder: Path, instead: Any) -> Any:
    """Return what a reader finds in a folder, or something else if its file is broken."""
    try:
        return read(folder)
    except BrokenFileError:
        return instead


def path_name(run: Path, places: Sequence[Path]) -> str:
    """Return the path of a run below the place that holds it, or the name of its folder."""
    inside = next((run.relative_to(place) for place in places if run.is_relative_to(place)), Path(run.name))
    return "/".join(map(as_file, inside.parts)) or as_file(run.name)
