"""The table of a sweep: one row an arm, mean ± sd over its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from dlx.results.runs import Arm, Run

METRICS = ("test/accuracy", "test/skill", "test/mse", "test/loss", "train/loss")
UNTESTED = ("val/accuracy", "val/mse", "val/loss", "train/loss")  # trainer.test=false
SHOWN, JOB_METRICS = 3, 6


def grouped(rows: Sequence[tuple[Mapping[str, str], Run]]) -> tuple[list[str], list[Arm]]:
    """Group labelled runs into arms of equal labels; return the labels that differ, and the arms in order."""
    keys = [key for key in rows[0][0] if len({labels[key] for labels, _ in rows}) > 1]
    groups: dict[tuple[str, ...], list[Run]] = {}
    for labels, run in rows:
        groups.setdefault(tuple(labels[key] for key in keys), []).append(run)
    return keys, [Arm(dict(zip(keys, values, strict=True)), runs) for values, runs in groups.items()]


def arms_table(keys: Sequence[str], arms: Sequence[Arm], metrics: Sequence[str] = (), width: int = 80) -> Table:
    """Return a table with one row an arm; of the metrics as many as the width allows, the first one in any case."""
    runs = [run for arm in arms for run in arm.runs]
    shown = list(metrics) or chosen(runs)
    titles = [*short(keys), "runs", *shown]
    body = [[value_text(arm.parameters.get(key)) for key in keys] + [str(len(arm.runs))] for arm in arms]
    for row, arm in zip(body, arms, strict=True):
        row += [figure(arm, name) for name in shown]
    if any(run.status != "finished" for run in runs):
        titles.insert(len(keys) + 1, "status")
        for row, arm in zip(body, arms, strict=True):
            counts = Counter(run.status for run in arm.runs)
            row.insert(len(keys) + 1, ", ".join(f"{number} {word}" for word, number in counts.items()))
    columns = [max(len(text) for text in column) + 2 for column in zip(titles, *body, strict=True)]
    first = len(titles) - len(shown)
    while len(titles) > first + 1 and sum(columns[: len(titles)]) > width:
        titles.pop()
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for number, title in enumerate(titles):
        table.add_column(title, justify="left" if number < len(keys) else "right", overflow="fold")
    for row in body:
        table.add_row(*map(escape, row[: len(titles)]))
    return table


def chosen(runs: Sequence[Run]) -> list[str]:
    """Return the metrics to show where nothing is said: of the test part, if it was evaluated."""
    tested = any(name.startswith("test/") for run in runs for name in run.metrics)
    known = METRICS if tested else UNTESTED
    shown = [name for name in known if any(name in run.metrics for run in runs)][:SHOWN]
    # a job that is no training has metrics of its own
    return shown or list(dict.fromkeys(name for run in runs for name in run.metrics))[:JOB_METRICS]


def figure(arm: Arm, metric: str) -> str:
    """Write mean ± sd; nothing where no run has the metric."""
    mean, sd = arm.mean_sd(metric)
    return "" if mean != mean else f"{mean:.4g}" + (f" ± {sd:.2g}" if sd == sd else "")


def value_text(value: object) -> str:
    """Write a value as it would be typed."""
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))


def short(keys: Sequence[str]) -> list[str]:
    """Leave out of dotted keys all but the last segment, where that is unambiguous."""
    last = Counter(key.rsplit(".", 1)[-1] for key in keys)
    return [key.rsplit(".", 1)[-1] if last[key.rsplit(".", 1)[-1]] == 1 else key for key in keys]
