"""`dlx evaluate`: recompute the metrics of a run from its checkpoint and its recorded configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlx.cli.line import folders
from dlx.cli.text import Help
from dlx.results.escape import plain

HELP = Help(
    usage=["dlx evaluate [--admit MODULE] RUN ..."],
    summary="Recompute a run's metrics from its checkpoint and its recorded configuration, and compare them with those "
    "in its summary.json.",
    sections={
        "examples": {"dlx evaluate outputs/runs/2026-01-31/12-00-00-3f2a1b4c": "evaluate one run"},
        "options": {
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "The exit code is 1 if a metric differs from the summary. On the machine that trained the run, with the same "
        "data and versions, all metrics match exactly."
    ],
)


def main(arguments: list[str]) -> int:
    """Evaluate each run; return 0, or 1 if a metric differs from the summary."""
    chosen = folders("evaluate", arguments, str(HELP))
    if chosen is None:
        return 0
    return max(evaluate(folder) for folder in chosen)


def evaluate(folder: Path) -> int:
    """Evaluate one run, print its metrics beside those of the summary, and return the exit code."""
    from dlx.run import restore

    config, summary = restore.recorded(folder)
    restore.refuse_untrained(folder, summary)
    assembly = restore.reassemble(folder, config)
    network = restore.network(folder, assembly, say=print)

    from dlx.results.looks import look
    from dlx.run.evaluate import evaluate_parts
    from dlx.run.run import threads

    with threads(assembly.trainer.threads):
        metrics, _, _ = evaluate_parts(assembly, network)
    if assembly.trainer.test:
        look(folder, assembly.checked.dataset.option, assembly.data.hash)
    if summary["status"] != "finished":
        table(metrics, {})
        print(f"the run is {summary['status']}, so its summary has no final metrics to compare with")
        return 0
    return compare(metrics, summary, assembly.data.hash)


def compare(metrics: Mapping[str, float], summary: Mapping[str, Any], data_hash: str) -> int:
    """Print metrics beside those of the summary; return 0 if all are equal, otherwise 1."""
    before = summary["metrics"]
    differing = [name for name, value in metrics.items() if not same(value, before.get(name))]
    table(metrics, {name: before.get(name) for name in differing})
    if not differing:
        print(f"all {len(metrics)} metrics match the saved summary exactly")
        return 0
    print(f"{len(differing)} of {len(metrics)} metrics differ from the summary: {plain(', '.join(differing))}")
    if data_hash != summary["data_hash"]:
        print(f"the data differ: their hash is {data_hash}, the run's was {plain(summary['data_hash'])}")
    from dlx.results.summary import versions

    for name, version in versions().items():
        former = summary["versions"].get(name)
        if former != version:
            print(f"{name} is {version}, the run's was {plain(former)}")
    return 1


def same(value: float, former: object) -> bool:
    """Return True if two metrics are the same number, or both NaN."""
    return value == former or (value != value and former != former)


def table(metrics: Mapping[str, float], former: Mapping[str, Any]) -> None:
    """Print a line for each metric."""
    size = max(map(len, metrics), default=0)
    for name, value in sorted(metrics.items()):
        print(f"  {plain(name):<{size}}  {value!r}" + (f"  (summary: {former[name]!r})" if name in former else ""))
