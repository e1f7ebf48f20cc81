"""Runs as a pandas data frame, for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dlx import paths
from dlx.results.runs import read_runs

if TYPE_CHECKING:
    import pandas

FACTS = ("status", "identity", "job", "seed", "epochs", "steps", "parameters", "memory_mb")


def load_results(*folders: str | Path) -> pandas.DataFrame:
    """Return a data frame with one row for each run below the folders, by default below outputs/.

    The columns are the folder, facts (`status`, `seed`, …), every key of the configuration (`model.depth`) and every
    metric (`test/accuracy`). `outdated` is true for runs of an earlier version of their model, which would have other
    numbers today; leave them out of means. A key or metric that a run does not have is a missing value. A run whose
    files are broken is left out, with a warning that names the file.

    Example:
        from dlx import load_results
        load_results("outputs/sweeps/he_30_layers").groupby("initializer")["test/accuracy"].mean()
    """
    import pandas

    rows = []
    for run in read_runs([Path(folder) for folder in folders] or [paths.outputs()]):
        facts = {name: run.summary[name] for name in FACTS}
        seconds = {f"seconds/{name}": value for name, value in run.summary["seconds"].items()}
        rows.append(
            {"folder": str(run.folder), **run.comparable, **facts, "outdated": run.outdated, **run.metrics, **seconds}
        )
    return pandas.DataFrame(rows)
