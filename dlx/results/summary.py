"""The summary of a run, summary.json, whose keys are fixed."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import dlx
from dlx.config.identity import canonical, identity
from dlx.config.node import TARGET, option_of, target_of
from dlx.results.version import git_revision

Summary = dict[str, Any]
SCHEMA = 1
DATA_CHANGED = (
    "the data have changed since the sweep began, and runs on different data have no common mean; give the same "
    "command again, which repeats those on the earlier data"
)


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a configuration with dotted keys and plain values; the option of a node has the key of the node."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{prefix}{key}"
        if key == TARGET:
            flat[prefix.rstrip(".")] = option_of(str(value))
        elif isinstance(value, Mapping):
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = str(value) if isinstance(value, list) else value
    return flat


def new_summary(config: Mapping[str, Any], name: str, overrides: list[str], choices: Mapping[str, Any]) -> Summary:
    """Return the summary of a run that begins; it has all keys, most of which are still empty."""
    return {
        "schema": SCHEMA,
        "status": "running",
        "error": None,
        "identity": name,
        "job": option_of(target_of(config["job"])),
        "seed": config["seed"],
        "overrides": overrides,
        "choices": dict(choices),
        "config": flatten(canonical(config)),
        "metrics": {},
        "metric_info": {},
        "examples": {},
        "best": {},
        "baseline": {},
        "baseline_name": None,
        "epochs": 0,
        "steps": 0,
        "parameters": 0,
        "flops_per_example": None,
        "seconds": {"total": 0.0, "fit": 0.0},
        "memory_mb": 0.0,
        "versions": versions(),
        "git": git_revision(),
        "data_hash": None,
        "notes": [],
    }


def identify(summary: Summary, config: Mapping[str, Any], revision: int) -> None:
    """Record identity and configuration of a run whose data are loaded, so that the revision of its model is known."""
    summary["identity"], summary["config"] = identity(config, revision), flatten(canonical(config, revision))


@cache
def versions() -> dict[str, str]:
    """Return the versions of the software that results depend on."""
    import lightning
    import torch

    return {
        "dlx": dlx.__version__,
        "torch": torch.__version__,
        "lightning": lightning.__version__,
        "python": platform.python_version(),
    }
