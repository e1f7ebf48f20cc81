"""The files that a run writes when it begins and when it ends, and their removal before another run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlx.assembly.memory import peak_memory
from dlx.config.identity import canonical
from dlx.config.revision import FIRST
from dlx.files import write_failure, write_json
from dlx.results.log import Log
from dlx.results.summary import Summary

WRITTEN = (
    "summary.json",
    "data.json",
    "metrics.csv",
    "predictions.npz",
    "checkpoints/*.ckpt",
    "events.out.tfevents.*",
    "dlx.log",
)


def begin(
    folder: Path,
    config: Mapping[str, Any],
    summary: Summary,
    log: Log,
    target: dict[str, Any] | None = None,
    revision: int = FIRST,
) -> None:
    """Write the summary, the identity and the first lines of the log of a run that begins.

    Args:
        folder: the folder of the run, created if it does not exist.
        config: its configuration.
        summary: its summary.
        log: its log.
        target: a description of the outputs of the network, if it is known.
        revision: the revision of the model, which is known when the data have been loaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "summary.json", summary, sync=False)
    write_json(
        folder / "identity.json",
        {
            "identity": summary["identity"],
            "config": canonical(config, revision),
            "data_hash": summary["data_hash"],
            "launcher": "single",
            "target": target,
            "full_config": dict(config),
        },
        sync=False,
    )
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    log(f"run {summary['identity']} begins: {' '.join(summary['overrides']) or 'no overrides'}")
    log(f"{versions}, git {summary['git']}, process {os.getpid()}")
    for note in summary["notes"]:
        log(note)


def end(folder: Path, config: Mapping[str, Any], summary: Summary, log: Log) -> None:
    """Write the summary of a run that has ended, and its identity if the run was interrupted before it began."""
    if not (folder / "identity.json").is_file():
        begin(folder, config, summary, log)
    summary["memory_mb"] = peak_memory()
    write_json(folder / "summary.json", summary)
    log(
        f"{summary['status']} after {summary['seconds']['total']} s"
        + (f": {summary['error']}" * bool(summary["error"]))
    )


def end_if_possible(folder: Path, config: Mapping[str, Any], summary: Summary, log: Log) -> None:
    """Write the summary of a run that has ended; if it cannot be written, the run has failed."""
    try:
        end(folder, config, summary, log)
    except OSError as error:
        if (why := write_failure(error, folder)) is None:
            raise
        summary["status"], summary["error"] = "failed", summary["error"] or why


def clear(folder: Path, resume: bool = False) -> None:
    """Remove the files of an earlier run, so that those of two runs are not mixed.

    Args:
        folder: the folder of the run.
        resume: the earlier run is this one, killed before its first checkpoint; its log is kept.
    """
    for pattern in WRITTEN[:-1] if resume else WRITTEN:
        for file in folder.glob(pattern):
            file.unlink()
