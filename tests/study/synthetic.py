"""Studies whose truth is known: runs made from drawn numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dlx.results.runs import Run
from dlx.study.judge.grid import Grid
from dlx.study.read.claim import Claim
from dlx.study.read.claims import claims_of
from dlx.study.read.names import Names
from dlx.study.read.study import Study, study_of
from dlx.sweep.cells import cells, study_axes

Draw = Callable[[Mapping[str, Any]], Mapping[str, float] | str]


def run_with(metrics: Mapping[str, float] | str, **config: Any) -> Run:
    """Return a finished run with these metrics; a word makes a run of that status without any."""
    status = metrics if isinstance(metrics, str) else "finished"
    return Run(Path(), {"status": status, "metrics": {} if isinstance(metrics, str) else metrics, "config": config})


def grid_of(node: Mapping[str, Any], draw: Draw, facts: Mapping[str, Any] | None = None) -> Grid:
    """Return the grid of a study whose runs are drawn.

    Args:
        node: the axes of the study.
        draw: gets the levels of a cell and returns its metrics.
        facts: further entries of each summary, such as the metrics of the baseline.
    """
    axes = study_axes(node)
    values = {axis: {level.text: level.value for level in levels} for axis, levels in axes.items()}
    found = []
    for cell in cells(axes, node.get("exclude") or ()):
        run = run_with(draw({axis: values[axis][text] for axis, text in cell.labels.items()}))
        found.append((cell.labels, Run(run.folder, {**run.summary, **(facts or {})})))
    return Grid(axes, found)


def claims(node: Mapping[str, Any], *written: Mapping[str, Any], facts: bool = False) -> list[Claim]:
    """Read claims, or facts, against the axes of a study."""
    names = Names(study_axes(node), node.get("replicate", "seed"), node.get("metrics", {}))
    return claims_of(list(written), names, node.get("diverged"), facts)


def study(claims: list[Mapping[str, Any]], **more: Any) -> Study:
    """Return a study with the texts that none can do without."""
    texts = {"title": "t", "question": "q", "why": "w", "chapter": "foundations", "concepts": ["A1.2"]}
    return study_of("made", {**texts, **({"claims": claims} if claims else {}), **more})


ARMS = {"a": ["x=1"], "b": ["x=2"]}
