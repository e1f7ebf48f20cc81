"""The forms of the files of a run: summary.json and identity.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from dlx.spec import TARGET
from dlx.stored.form import (
    Fields,
    amount,
    count,
    either,
    flag,
    listed,
    mapped,
    misfit,
    node,
    number,
    one_of,
    optional,
    scalar,
    text,
)
from dlx.stored.read import content_of, stored

STATUSES = ("finished", "diverged", "failed", "interrupted", "running")
SCHEMA = 1
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
# Keys of a configuration that hold an option, or several of them by name.
NODES = (
    "objective", "dataset", "augmentation", "activation", "normalization", "model", "initializer", "optimizer",
    "scheduler", "regularizer", "diagnostics", "transfer", "callbacks", "logger", "trainer", "metrics", "streams",
    "job",
)  # fmt: skip


def schema(value: Any, place: str) -> int:
    """Accept the number of a schema that this version of dlx knows."""
    if count(value, place) > SCHEMA:
        raise misfit(place, f"{SCHEMA} at most (a later version of dlx wrote the file)", value)
    return int(value)


def seconds(value: Any, place: str) -> dict[str, float]:
    """Accept durations by name; a missing total is 0."""
    return {"total": 0.0, **mapped(amount)(value, place)}


def configuration(value: Any, place: str) -> dict[str, Any]:
    """Accept a composed configuration; its options are checked by the gate, which needs mappings and names."""
    found = node(value, place)
    for key in NODES:
        if key in found:
            node(found[key], f"{place}.{key}")
    targets(found, place)
    count(found.get("model", {}).get("revision", 1), f"{place}.model.revision")
    return found


def targets(value: Any, place: str) -> None:
    """Refuse a class that is not a dotted name, anywhere in a configuration."""
    if isinstance(value, dict):
        name = value.get(TARGET, "")
        if not isinstance(name, str) or (name and not NAME.fullmatch(name)):
            raise misfit(f"{place}.{TARGET}", "the dotted name of a class", name)
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        targets(one, f"{place}.{key}")


SUMMARY = Fields(
    needed={"status": one_of(*STATUSES)},
    others={
        "schema": schema,
        "error": optional(text),
        "identity": text,
        "job": text,
        "seed": scalar,
        "overrides": listed(text),
        "choices": mapped(either(listed(text), optional(text))),
        "config": mapped(scalar),
        "metrics": mapped(number),
        "metric_info": mapped(
            Fields(
                needed={"better": one_of("min", "max")},
                others={"headline": flag, "counted": flag, "unit": text},
                defaults={"headline": False, "counted": False, "unit": ""},
            )
        ),
        "examples": mapped(count),
        "best": mapped(Fields(needed={"value": number}, others={"epoch": count}, defaults={"epoch": 0})),
        "baseline": mapped(number),
        "baseline_name": optional(text),
        "epochs": count,
        "steps": count,
        "parameters": count,
        "flops_per_example": optional(amount),
        "seconds": seconds,
        "memory_mb": amount,
        "versions": mapped(text),
        "git": optional(text),
        "data_hash": optional(text),
        "notes": listed(text),
    },
    defaults={
        "schema": SCHEMA,
        "identity": "",
        "job": "train",
        "seconds": {"total": 0.0},
        **{key: {} for key in ("choices", "config", "metrics", "examples", "best", "baseline", "versions")},
        **{key: [] for key in ("overrides", "notes")},
        **dict.fromkeys(("epochs", "steps", "parameters", "memory_mb"), 0),
    },
)  # metric_info: None in runs of versions that did not record it
OUTPUT = Fields(needed={"kind": text, "classes": listed(scalar)})
IDENTITY = Fields(
    others={
        "identity": text,
        "config": configuration,
        "data_hash": optional(text),
        "target": optional(OUTPUT),
        "full_config": configuration,
    },
    defaults={"identity": "", "config": {}},
)


def read_summary(folder: Path) -> dict[str, Any] | None:
    """Return the summary of the run in a folder with all keys, or None if there is none.

    Raises:
        BrokenFileError: The file is broken.
    """
    return stored(folder / "summary.json", SUMMARY)  # type: ignore[no-any-return]


def glance(folder: Path) -> tuple[str, str] | None:
    """Return the identity and the status of the run in a folder, or None if there is none; the rest is not checked.

    Raises:
        BrokenFileError: The file is broken.
    """
    content = content_of(folder / "summary.json")
    try:
        found = json.loads(content or b"")
        identity, status = found.get("identity"), found.get("status")
    except (ValueError, RecursionError, AttributeError):
        identity, status = None, None  # whatever it is, the reader of the whole file says it
    if isinstance(identity, str) and status in STATUSES:
        return identity, status
    summary = read_summary(folder)
    return None if summary is None else (summary["identity"], summary["status"])


def read_identity(folder: Path) -> dict[str, Any] | None:
    """Return the identity.json of the run in a folder with all keys, or None if there is none.

    `full_config` and `target` are None if the run did not record them.

    Raises:
        BrokenFileError: The file is broken.
    """
    return stored(folder / "identity.json", IDENTITY)  # type: ignore[no-any-return]
