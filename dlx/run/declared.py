"""The metrics of a run as its summary declares them: their directions, and the examples they are computed on."""

from __future__ import annotations

from typing import Any

from dlx.assembly.assembly import Assembly
from dlx.contracts import Metric
from dlx.metrics.strata import strata
from dlx.run.forgetting import PART, source_of


def metric_info(assembly: Assembly) -> dict[str, dict[str, Any]]:
    """Return the declared metrics of a run, by the last segment of their names, in the order in which tables show them.

    These are the metrics of the objective followed by those of the diagnostics, or the metrics of a job without
    training.
    """
    job = assembly.job
    if not job.is_training():
        declared = dict(job.metric_info)
    else:
        declared = {**assembly.objective.metric_info, "generalization_gap": Metric()}
        for measure in assembly.measures.values():
            declared |= {name: info for name, info in measure.metric_info.items() if name not in declared}
        source = source_of(assembly)
        theirs = {} if source is None else source.objective.metric_info
        declared |= {name: info for name, info in theirs.items() if name not in declared}
    return {name: metric._asdict() for name, metric in declared.items()}


def examples(assembly: Assembly) -> dict[str, int]:
    """Return the numbers of examples that metrics are computed on, by the first segments of their names.

    These are the numbers of examples of the three splits (`train`, `val`, `test`), of each stratum of the test split
    (`test/class_3`), and of the splits that diagnostics or the job declare for their metrics (`probe`). A job that uses
    no data has none.
    """
    job = assembly.job
    if job.stands_alone:
        return {}
    parts = assembly.data.splits()
    sizes = {name: len(part) for name, part in parts.items()}
    if not job.is_training():
        return sizes | {name: sizes[split] for name, split in job.scored_on.items()}
    for measure in assembly.measures.values():
        sizes |= {name: sizes[split] for name, split in measure.scored_on.items()}
    source = source_of(assembly)
    sizes |= {} if source is None else {PART: len(source.data.test)}
    by = assembly.checked.metrics.by
    if by is not None and by != "output":
        sizes |= {f"test/{stratum}": len(rows) for stratum, rows in strata(by, parts["test"])}
    return sizes
