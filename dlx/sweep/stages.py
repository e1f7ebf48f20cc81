"""The stages before the runs of a sweep: pretraining, and tuning of a key on the validation split."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from dlx.config.reading import choice, goal, known, listed
from dlx.errors import ConfigError, nearest
from dlx.files import write_json
from dlx.results.metric_info import MetricOrder
from dlx.results.runs import Run
from dlx.sweep.cells import ARM, SEED, Axes, Cell, Level, level_of, study_axes
from dlx.sweep.plan import quoted

Stage = Callable[[Path, Sequence[Cell]], list[Run]]  # runs the cells and returns their runs, in order
TUNING, PRETRAINING = "tuning", "pretraining"


@dataclass(frozen=True)
class Tune:
    """A key whose value is tuned on the validation split, for each arm and level of the axes, before the runs.

    Attributes:
        key: the key to tune.
        values: the values to try.
        by: the metric by which the value is selected.
        maximum: True if the highest value of the metric is the best; None to use the direction that the runs declare.
        seeds: number of seeds for which each value is tried.
        per: `arm` to select one value for each arm, `seed` to select one for each seed.
    """

    key: str
    values: tuple[Level, ...]
    by: str
    maximum: bool | None
    seeds: int
    per: str


@dataclass(frozen=True)
class Pretrain:
    """Pretraining: a source run for each seed and level of `along`, whose weights the runs of some arms start from."""

    overrides: tuple[str, ...]
    into: str
    arms: tuple[str, ...]
    along: tuple[str, ...]


def tune_of(node: Any) -> Tune | None:
    """Return the tuning that `study.tune` describes.

    Raises:
        ConfigError: A key is invalid; the message names it and what was expected.
    """
    if node is None:
        return None
    where = "study.tune"
    known(node, where, ("key", "values", "by", "seeds", "per", "goal"), ("key", "values", "by"))
    if not isinstance(node["values"], list) or len(node["values"]) < 2:
        raise ConfigError(f"{where}.values: expected a list of two values at least, got {node['values']!r}")
    if not str(node["by"]).startswith(("val/", "best/val/")):
        raise ConfigError(f"{where}.by: expected a validation metric such as val/accuracy; only that may choose")
    levels = study_axes({"axes": {node["key"]: node["values"]}})[node["key"]]
    seeds = node.get("seeds", 3)
    if type(seeds) is not int or seeds < 1:
        raise ConfigError(f"{where}.seeds: expected a number of seeds >= 1, got {seeds!r}")
    per = choice(node.get("per", "arm"), ("arm", "seed"), f"{where}.per")
    return Tune(node["key"], tuple(levels), node["by"], goal(node, where), seeds, per)


def pretrain_of(node: Any, axes: Axes) -> Pretrain | None:
    """Return the pretraining that `study.pretrain` describes.

    Raises:
        ConfigError: A key is invalid; the message names it and what was expected.
    """
    if node is None:
        return None
    where = "study.pretrain"
    known(node, where, ("overrides", "into", "arms", "with"), ("overrides",))
    arms = [level_of(axes, ARM, arm, f"{where}.arms").text for arm in listed(node.get("arms"))]
    for axis in listed(node.get("with")):
        if axis not in axes:
            raise ConfigError(f"{where}.with: no such axis {axis!r}{nearest(str(axis), axes)}")
    return Pretrain(
        tuple(listed(node["overrides"])),
        node.get("into", "model.init_from"),
        tuple(arms),
        tuple(listed(node.get("with"))),
    )


def pretrained(rule: Pretrain, parts: Sequence[Cell], axes: Axes, fixed: Sequence[str], launch: Stage) -> list[Cell]:
    """Run the source of every cell that needs one, and return the cells with the key that starts from it.

    Raises:
        ConfigError: A source run did not finish.
    """
    along = (*rule.along, SEED)
    levels = {axis: {level.text: level for level in axes[axis]} for axis in along}
    sources: dict[tuple[str, ...], Cell] = {}
    for cell in parts:
        if not rule.arms or cell.labels.get(ARM) in rule.arms:
            key = tuple(cell.labels[axis] for axis in along)
            own = [o for axis, text in zip(along, key, strict=True) for o in levels[axis][text].overrides]
            sources[key] = Cell(dict(zip(along, key, strict=True)), (*fixed, *own, *rule.overrides))
    runs = dict(zip(sources, launch(Path(PRETRAINING), list(sources.values())), strict=True))
    for run in runs.values():
        if run.status != "finished":
            raise ConfigError(f"study.pretrain: the source run {run.folder} is {run.status}; nothing can start from it")
    return [
        replace(cell, overrides=(*cell.overrides, f"{rule.into}={quoted(runs[key].folder)}"))
        if (key := tuple(cell.labels[axis] for axis in along)) in runs
        and (not rule.arms or cell.labels.get(ARM) in rule.arms)
        else cell
        for cell in parts
    ]


def tuned(rule: Tune, parts: Sequence[Cell], folder: Path, launch: Stage) -> list[Cell]:
    """Select the value of the key on the validation split for each arm or seed, and write it to tuning.json."""
    groups: dict[str, list[Cell]] = {}
    for cell in parts:
        groups.setdefault(
            repr([text for axis, text in cell.labels.items() if rule.per == "seed" or axis != SEED]), []
        ).append(cell)
    trials = [
        Cell({**cell.labels, rule.key: level.text}, (*cell.overrides, *level.overrides, "trainer.test=false"))
        for group in groups.values()
        for level in rule.values
        for cell in group[: rule.seeds]
    ]
    runs = iter(launch(Path(TUNING), trials))
    result: list[Cell] = []
    record = []
    seconds = {}
    for group in groups.values():
        scores: dict[str, float] = {}
        for level in rule.values:
            own = [next(runs) for _ in group[: rule.seeds]]
            seconds.update({run.folder: run.summary["seconds"]["total"] for run in own})
            scores[level.text] = mean(score(run, rule) for run in own)
        best = max(rule.values, key=lambda level: scores[level.text])
        labels = {axis: text for axis, text in group[0].labels.items() if rule.per == "seed" or axis != SEED}
        record.append(
            {
                "labels": labels,
                "value": best.text,
                "scores": {k: v if math.isfinite(v) else None for k, v in scores.items()},
            }
        )
        result += [replace(cell, overrides=(*cell.overrides, *best.overrides)) for cell in group]
    write_json(
        folder / "tuning.json",
        {
            "key": rule.key,
            "by": rule.by,
            "chosen": record,
            "runs": len(seconds),
            "seconds": round(sum(seconds.values()), 3),
        },
    )
    return result


def score(run: Run, rule: Tune) -> float:
    """Return the score of a trial, for which higher is better; -inf if the trial did not finish.

    Raises:
        ConfigError: A finished trial has no such metric.
    """
    if run.status != "finished":
        return -math.inf
    metrics = {**run.metrics, **{f"best/{name}": best["value"] for name, best in run.summary["best"].items()}}
    if rule.by not in metrics:
        raise ConfigError(f"study.tune.by: no run has the metric {rule.by!r}{nearest(rule.by, metrics)}")
    value = float(metrics[rule.by])
    if not math.isfinite(value):
        return -math.inf
    maximum = MetricOrder([run.summary]).maximum(rule.by) if rule.maximum is None else rule.maximum
    return value if maximum else -value
