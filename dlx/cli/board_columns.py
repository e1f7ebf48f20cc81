"""The columns of TensorBoard's HPARAMS tab over several sweeps and runs.

Each run's events name the columns of its own sweep, and TensorBoard takes those of one run for all. So the folder of
links that it is shown gets events of its own, which name the columns of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlx.results.escape import is_number
from dlx.results.run_names import safely, typed_values
from dlx.stored.run import read_summary
from dlx.stored.sweep import read_sweep


def write_columns(view: Path, shown: Sequence[Path], runs: Sequence[Path]) -> None:
    """Write the columns of all runs into the folder of links, unless one run or sweep is all that is shown.

    Args:
        view: the folder of links.
        shown: folders that hold runs and sweeps.
        runs: folders of runs.
    """
    sweeps = {file.parent.resolve() for place in shown for file in [place / "sweep.json", *place.rglob("sweep.json")]}
    found = [sweep for place in sorted(sweeps) if (sweep := safely(read_sweep, place, None)) is not None]
    swept = {Path(run["folder"]).resolve() for sweep in found for run in sweep["runs"]}
    single = [run for run in runs if run.resolve() not in swept]
    first = [Path(sweep["runs"][0]["folder"]) for sweep in found if sweep["runs"]]
    summaries = {run: safely(read_summary, run, None) for run in [*first, *single]}
    if len(summaries) < 2:
        return
    overrides = [[typed_values(run.get("overrides") or []) for run in sweep["runs"]] for sweep in found]
    typed = [typed_values(summaries[run]["overrides"]) for run in single if summaries[run] is not None]
    heads = {name: 0.0 for each in summaries.values() for name in headline_names(each)}
    _write(view, columns(overrides, typed), heads)


def columns(sweeps: Iterable[Sequence[Mapping[str, str]]], single: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Return a value of each column: the keys that vary in a sweep, those that were typed for a single run, the seed.

    The value tells only whether the column holds numbers or words.

    Args:
        sweeps: typed values by key of each run of each sweep.
        single: typed values by key of each single run.
    """
    values: dict[str, set[str]] = {"seed": {"0"}}
    for sweep in sweeps:
        for key in dict.fromkeys(key for run in sweep for key in run):
            if len(found := {run.get(key, "null") for run in sweep}) > 1:
                values.setdefault(key, set()).update(found)
    for key, value in ((key, value) for run in single for key, value in run.items()):
        values.setdefault(key, set()).add(value)
    return {key: 0.0 if all(map(is_number, found - {"null"})) else "" for key, found in values.items()}


def headline_names(summary: Mapping[str, Any] | None) -> list[str]:
    """Return the names of the validation and test metrics of a run that tables show first."""
    if summary is None:
        return []
    heads = {name for name, about in (summary["metric_info"] or {}).items() if about["headline"]} | {"loss"}
    return [f"{part}/{name}" for part in ("val", "test") for name in sorted(heads)]


def _write(view: Path, values: dict[str, Any], metrics: dict[str, float]) -> None:
    from torch.utils.tensorboard import SummaryWriter
    from torch.utils.tensorboard.summary import hparams

    experiment, _, _ = hparams(values, metrics)
    with SummaryWriter(str(view)) as writer:
        writer.file_writer.add_summary(experiment)  # type: ignore[union-attr]
