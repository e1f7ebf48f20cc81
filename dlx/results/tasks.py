"""Tasks: runs whose metrics mean the same, so that one of them can be the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlx.results.compare import Comparison, chosen, compare
from dlx.results.runs import Run

Task = tuple[str, str, str]


def tasks(runs: Sequence[Run]) -> dict[Task, list[Run]]:
    """Return the runs by job, data set and first headline metric, in order of appearance.

    A run that ended before it declared its metrics belongs to the first task of its job and data set.
    """
    found: dict[Task, list[Run]] = {}
    for run in sorted(runs, key=lambda run: not run.summary["metric_info"]):  # those that declare metrics first
        own = task_of(run)
        if not own[2]:
            own = next((task for task in found if task[:2] == own[:2]), own)
        found.setdefault(own, []).append(run)
    places = {id(run): place for place, run in enumerate(runs)}
    ordered = {task: sorted(own, key=lambda run: places[id(run)]) for task, own in found.items()}
    return dict(sorted(ordered.items(), key=lambda item: places[id(item[1][0])]))


def task_of(run: Run) -> Task:
    """Return the job, the data set and the first headline metric of a run; empty where it has none."""
    info: Mapping[str, Mapping[str, object]] = run.summary["metric_info"] or {}
    headline = next((name for name, about in info.items() if about["headline"]), "")
    return run.job, str(run.parameters.get("dataset", "")), headline


def title_of(task: Task) -> str:
    """Return a task in words: `dataset=digits (accuracy)`, or `job=receptive_field` for a job without training."""
    job, dataset, headline = task
    named = f"dataset={dataset}" if dataset and job == "train" else f"job={job}"
    return f"{named} ({headline})" if headline else named


def compare_tasks(
    runs: Sequence[Run], by: Sequence[str] = (), metrics: Sequence[str] = ()
) -> list[tuple[str, Comparison]]:
    """Return a comparison of the runs of each task, with its title; one without title if there is one task or `by`.

    Args:
        runs: the runs to compare.
        by: the keys that define the arms; the tasks are then pooled, and no arm is marked as the best if there are
            several.
        metrics: names or patterns; each must match a metric of some task.

    Raises:
        ConfigError: There is no run, or no run has a given key or metric.
    """
    current = {task: own for task, own in tasks(runs).items() if not all(run.outdated for run in own)}
    if len(current) < 2 or by:
        return [("", replace(compare(runs, by, metrics), mixed=len(current) > 1))]
    chosen(metrics, list(dict.fromkeys(name for run in runs for name in run.metrics)))
    found = []
    for task, own in current.items():
        known = list(dict.fromkeys(name for run in own for name in run.metrics))
        wanted = [name for name in metrics if any_matches(name, known)]
        if wanted or not metrics:
            found.append((title_of(task), compare(own, (), wanted)))
    return found


def any_matches(name: str, known: Sequence[str]) -> bool:
    """Return True if a name or pattern matches one of some metrics."""
    from fnmatch import fnmatchcase

    return any(fnmatchcase(metric, name) for metric in known)
