"""What two folders of the same command have in common: used by `compare_revisions.py`.

Every function yields a line for each difference: what, the old value, the new value.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

# not compared: times, machines, places, and text
SUMMARY = {"seconds", "memory_mb", "versions", "git", "notes", "error"}
RESULT = {"date", "seconds", "versions", "machine", "sweep", "said", "sentence", "reason", "title", "question", "why"}
TIMED = re.compile(
    r"seconds|^metrics\.ratio/(forward|backward|both)$"
)  # measured times, and job=activation_cost's ratios of them
LONGEST = 60  # characters of a value


def differences(old: Path, new: Path) -> Iterator[str]:
    """Compare all that the commands of a case have left, and their exit codes."""
    codes = [exit_codes(folder) for folder in (old, new)]
    if codes[0] != codes[1]:
        yield line("exit codes", *codes)
    yield from differences_of_runs(old, new)
    for name in sorted(files(old) - files(new)):
        if Path(name).name not in COMPARED:
            yield line(name, "there", "missing")
    for file in sorted(old.rglob("result.json")):
        yield from differences_of_json(file, new / file.relative_to(old), RESULT)


def exit_codes(folder: Path, outcome: str = "outcome.json") -> list[int | None]:
    """Return the exit codes of the commands that ran in a folder; none where the process that ran them is gone."""
    file = folder / outcome
    return json.loads(file.read_text())["codes"] if file.exists() else []


def differences_of_runs(old: Path, new: Path) -> Iterator[str]:
    """Compare each run below a folder with the one in the same place below another."""
    for run in run_folders(old):
        place = run.relative_to(old)
        for found in differences_of_run(run, new / place):
            yield f"{place}: {found}" if str(place) != "." else found
    for run in run_folders(new):
        if not (old / run.relative_to(new) / "summary.json").exists():
            yield line(f"{run.relative_to(new)}", "no run", "a run")


def run_folders(folder: Path) -> list[Path]:
    """Return the folders of runs in a folder, itself included."""
    return sorted(file.parent for file in folder.rglob("summary.json"))


def differences_of_run(old: Path, new: Path) -> Iterator[str]:
    """Compare two runs."""
    for name, compare in COMPARED.items():
        file = f"checkpoints/{name}" if name.endswith(".ckpt") else name
        if (old / file).exists():
            found = compare(old / file, new / file) if (new / file).exists() else [line("file", "there", "missing")]
            yield from (f"{name}: {each}" for each in found)


def files(folder: Path) -> set[str]:
    """Return the files in a folder; TensorBoard puts time and process in the name of its own."""
    names = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    return {re.sub(r"tfevents\..*", "tfevents", name) for name in names}


def differences_of_json(old: Path, new: Path, left_out: Collection[str] = ()) -> Iterator[str]:
    """Compare two JSON files but for some keys; keys that NEW adds are fine."""
    if not new.exists():
        yield line(old.name, "there", "missing")
        return
    before, after = (flat(json.loads(file.read_text()), left_out) for file in (old, new))
    for key, value in before.items():
        if key not in after:
            yield line(key, value, "missing")
        elif json.dumps(value) != json.dumps(after[key]):
            yield line(key, value, after[key])


def flat(node: Any, left_out: Collection[str], name: str = "") -> dict[str, Any]:
    """Return the leaves of nested containers by their dotted names; a list's length is one of them."""
    if isinstance(node, Mapping):
        named = {key: f"{name}.{key}" if name else key for key in node if key not in left_out}
        items = [(path, node[key]) for key, path in named.items() if not TIMED.search(path)]
    elif isinstance(node, list):
        items = [(f"{name}[{number}]", value) for number, value in enumerate(node)]
    else:
        return {name: node}
    found = {f"{name}#": len(node)} if isinstance(node, list) else {}
    for key, value in items:
        found |= flat(value, left_out, key)
    return found


def differences_of_rows(old: Path, new: Path) -> Iterator[str]:
    """Compare the cells of two tables; columns that NEW adds are fine."""
    before, after = (list(csv.DictReader(file.open())) for file in (old, new))
    if len(before) != len(after):
        yield line("rows", len(before), len(after))
    for row, (mine, theirs) in enumerate(zip(before, after, strict=False), 1):
        for key, value in mine.items():
            if not TIMED.search(key) and value != theirs.get(key):
                yield line(f"row {row} {key}", value, theirs.get(key, "missing"))


def differences_of_arrays(old: Path, new: Path) -> Iterator[str]:
    """Compare two .npz files."""
    with np.load(old) as before, np.load(new) as after:
        yield from differences_of_bytes(dict(before), dict(after))


def differences_of_weights(old: Path, new: Path) -> Iterator[str]:
    """Compare the weights in two checkpoints."""
    yield from differences_of_bytes(weights(old), weights(new))


def weights(file: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a checkpoint; numpy has no bfloat16, but each of its values is a 32-bit number too."""
    tensors = torch.load(file, map_location="cpu", weights_only=True)["state_dict"]
    return {key: (t.float() if t.dtype == torch.bfloat16 else t).numpy() for key, t in tensors.items()}


def differences_of_bytes(old: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Compare named arrays bit for bit."""
    for key, a in old.items():
        b = new.get(key)
        if b is None:
            yield line(key, "there", "missing")
        elif a.dtype != b.dtype or a.shape != b.shape:
            yield line(key, f"{a.dtype} {a.shape}", f"{b.dtype} {b.shape}")
        elif a.tobytes() != b.tobytes():
            places = np.flatnonzero(a != b) if a.size else np.zeros(0, int)
            first = int(places[0]) if len(places) else 0
            yield line(f"{key} ({len(places)} of {a.size} values; the first)", a.flat[first], b.flat[first])


def differences_of_summaries(old: Path, new: Path) -> Iterator[str]:
    """Compare two summary.json."""
    return differences_of_json(old, new, SUMMARY)


COMPARED: dict[str, Callable[[Path, Path], Iterable[str]]] = {
    "summary.json": differences_of_summaries,
    "identity.json": differences_of_json,
    "metrics.csv": differences_of_rows,
    "predictions.npz": differences_of_arrays,
    "last.ckpt": differences_of_weights,
    "best.ckpt": differences_of_weights,
}


def line(what: str, old: Any, new: Any) -> str:
    """Write a difference."""
    a, b = (str(value) if len(str(value)) <= LONGEST else f"{str(value)[:LONGEST]}..." for value in (old, new))
    return f"{what}: {a} {b}"
