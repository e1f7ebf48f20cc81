"""The table of the arms of a sweep, what validation chose, the notes, and the next commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.console import console, relative
from dlx.errors import ConfigError
from dlx.results.arms import SEED_KEYS, arms_of_labels, mean_std
from dlx.results.arms_by_layer import print_layers
from dlx.results.compare import Comparison, best_arms
from dlx.results.escape import plain
from dlx.results.facts import failures, next_of_sweep, notes
from dlx.results.looks import looks_lines
from dlx.results.metric_info import MetricOrder
from dlx.results.runs import Run
from dlx.results.selection import selection_lines
from dlx.results.table import STD, ArmsTable, Estimate, Row, print_table, short
from dlx.results.tasks import tasks, title_of
from dlx.stored.read import passed_over

if TYPE_CHECKING:
    from dlx.sweep.launch import Sweep
    from dlx.sweep.plan import Plan

SHOWN, JOB_METRICS = 3, 6  # number of metrics in the table of a training, and of a job without training
LEAST_RUNS = 2  # of a sweep whose learning curves are drawn
Labeled = tuple[dict[str, str], Run]


def show_sweep(sweep: Sweep, test: bool = False) -> None:
    """Print the table of arms, what validation chose, the notes, the folder, the picture and the next commands.

    The learning curves by arm are drawn to the folder of the sweep.

    Args:
        sweep: the sweep.
        test: show the test metrics of all arms; otherwise of the one that validation chooses, so that no one chooses by
            them. A table of a study shows the metrics of its claims in any case.
    """
    plan, rows = sweep.plan, labeled(sweep)
    runs = [run for _, run in rows]
    place = relative(plan.folder)
    compared = comparisons(rows, plan.jobs[0].config.get("study"), test)
    for title, comparison in compared:
        if title:
            console.print(f"{plain(title)}:", highlight=False, markup=False)
        more = f"dlx report {place} --metric {{metric}} shows it"
        print_table(console, table_of(comparison), console.width, more)
        for line in selection_lines(comparison, console.width):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        print_layers(console, comparison, console.width)
    lines = [f"note  {note}" for note in [*sweep.notes, *notes(run.summary for run in runs)]]
    lines += hidden_tests(compared)
    lines += [f"note  {line}" for line in looks_lines(run.summary for run in runs)]
    lines += reused(plan)
    if sweep.stopped is not None:
        lines += [f"stopped by its launcher: {sweep.stopped}; jobs that it started may go on"]
    lines += [f"sweep {place}"]
    lines += [f"{path.stem} {relative(path)}" for path in pictures(compared, plan.folder)]
    lines += [f"next  {command}" for command in next_of_sweep(runs, len(plan.jobs) - len(rows), place, sweep.words)]
    lines += [f"failed {relative(run.folder)}: {error}" for run, error in failures(runs)]
    for line in lines:
        console.print(plain(line), highlight=False, markup=False, soft_wrap=True)


def hidden_tests(compared: Sequence[tuple[str, Comparison]]) -> list[str]:
    """Return a line that names the flag which shows the test metrics, where tables leave them out."""
    hidden = [
        not any(name.startswith("test/") for name in comparison.metrics)
        and any(name.startswith("test/") for arm in comparison.arms for run in arm.runs for name in run.metrics)
        for _, comparison in compared
    ]
    return ["note  the test metrics of the other arms: the same command with --test"] if any(hidden) else []


def labeled(sweep: Sweep) -> list[Labeled]:
    """Return the distinct runs of a sweep with their labels, without seeds."""
    rows: dict[str, tuple[dict[str, str], Run]] = {}
    for cell, job in sweep.plan.cells:
        run = sweep.found.get(job.identity)
        if run is not None and job.identity not in rows:
            rows[job.identity] = ({axis: text for axis, text in cell.labels.items() if axis not in SEED_KEYS}, run)
    return list(rows.values())


def comparisons(rows: Sequence[Labeled], study: Mapping[str, Any] | None, test: bool) -> list[tuple[str, Comparison]]:
    """Return the arms of each task of a sweep, with the title of the task if there are several.

    Args:
        rows: the runs with their labels.
        study: the study of the sweep, whose claims name the metrics to show.
        test: show test metrics.
    """
    split = tasks([run for _, run in rows])
    found = []
    for task, runs in split.items():
        own = [(labels, run) for labels, run in rows if any(run is one for one in runs)]
        keys, arms = arms_of_labels(own)
        order = MetricOrder(run.summary for run in runs)
        names = [name for run in runs for name in run.metrics]
        metrics = claimed(study, names)
        if not metrics:
            shown = [name for name in names if test or len(arms) < 2 or not name.startswith("test/")]
            metrics = order.headline(shown or names, ("train",), SHOWN, JOB_METRICS)
        found.append((title_of(task) if len(split) > 1 else "", Comparison(keys, metrics, arms, order, 0)))
    return found


def table_of(comparison: Comparison) -> ArmsTable:
    """Return the table of the means and standard deviations of metrics over the runs of each arm."""
    rows = [
        Row(
            [arm.parameters[key] for key in comparison.keys],
            len(arm.runs),
            [Estimate(*mean_std(arm.values(metric))) for metric in comparison.metrics],
            arm.statuses,
        )
        for arm in comparison.arms
    ]
    return ArmsTable(short(comparison.keys), comparison.metrics, rows, STD, best_arms(comparison, rows))


def pictures(compared: Sequence[tuple[str, Comparison]], folder: Path) -> list[Path]:
    """Draw the learning curves of a sweep of one task, or the metrics of jobs over its key; none of a single run."""
    if len(compared) != 1 or sum(len(arm.runs) for arm in compared[0][1].arms) < LEAST_RUNS:
        return []
    from dlx.results.draw import draw_sweep

    try:
        return [path for path in draw_sweep(compared[0][1], folder) if path.suffix == ".png"]
    except ConfigError:  # jobs without epochs, over something else than numbers
        return []


def reused(plan: Plan) -> list[str]:
    """Return lines about the runs that were finished before the command, or no line without such runs."""
    done = sum(job.done for job in plan.jobs)
    foreign = f" ({plan.foreign} of them made by another version of the code)" if plan.foreign else ""
    lines = [f"reused {done} of {len(plan.jobs)} runs that were finished before{foreign}; --again trains them again"]
    earlier = f"not reused: {plan.outdated} runs that were trained by an earlier version of their model or dataset"
    return lines * bool(done) + [earlier] * bool(plan.outdated) + passed_over(plan.broken)


def claimed(study: Mapping[str, Any] | None, metrics: Sequence[str]) -> list[str]:
    """Return the metrics of the runs that occur in the claims of a study."""
    texts = [str(claim.get("metric", "")) for claim in (study or {}).get("claims") or () if isinstance(claim, Mapping)]
    words = {word for text in texts for word in re.findall(r"[\w/.]+", text)}
    return [name for name in dict.fromkeys(metrics) if name in words][:SHOWN]
