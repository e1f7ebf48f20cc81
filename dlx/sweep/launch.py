"""Launching the runs of a plan: alone in the sweep's folder, under one progress bar, by any launcher of Hydra's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hydra.core.utils import JobStatus

from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError
from dlx.files import write_json
from dlx.results.runs import Run, read_run
from dlx.results.summary import flatten
from dlx.sweep.cells import Axes
from dlx.sweep.job import Done
from dlx.sweep.launcher import InProcess
from dlx.sweep.lock import alone
from dlx.sweep.plan import Job, Plan, quoted
from dlx.sweep.show import SweepWatcher, watching


@dataclass(frozen=True)
class Sweep:
    """A sweep that was launched.

    Attributes:
        plan: its runs.
        found: the run of each identity, None where there is none yet.
        complete: whether it came to its end; else it was interrupted.
        refused: why a run was refused in its folder; None where none was.
        study: of the experiment, empty where there is none.
        axes: its axes, with what was typed.
    """

    plan: Plan
    found: Mapping[str, Run | None]
    complete: bool
    refused: ConfigError | None = None
    study: Mapping[str, Any] = field(default_factory=dict)
    axes: Axes = field(default_factory=dict)

    @property
    def runs(self) -> list[Run]:
        """Return the runs that there are, in order."""
        return [run for run in self.found.values() if run is not None]

    @property
    def statuses(self) -> list[str]:
        """Return the statuses of its runs, and `interrupted` where it did not come to its end."""
        return [run.status for run in self.runs] + ([] if self.complete else ["interrupted"])


def launch(plan: Plan, launcher: Any) -> Sweep:
    """Run what is not done, and return what there is then."""
    left = [job for job in plan.jobs if not job.done]
    keys = hparam_keys([flatten(job.canonical) for job in plan.jobs])
    forks = isinstance(launcher, InProcess) and launcher.forks
    complete, refused, caller = True, None, hydra_session.current
    try:
        with alone(plan.folder), watching(SweepWatcher(plan, threaded=not forks)) as watcher:
            hydra_session.current = replace(caller, observer=watcher, hparam_keys=keys)
            _write(plan, caller.words)
            if left and isinstance(launcher, InProcess):
                complete = launcher.run_jobs(left, watcher, keys)
            elif left:
                returned = launcher.launch(_handed_over(left), initial_job_idx=0)
                refused = _refusal([run.return_value for run in returned if run.status == JobStatus.COMPLETED])
    except KeyboardInterrupt:  # from one of Hydra's own launchers
        complete = False
    finally:
        hydra_session.current = caller
    return Sweep(plan, {job.identity: read_run(job.folder) for job in plan.jobs}, complete, refused)


def _refusal(returned: Sequence[Done]) -> ConfigError | None:
    return next((done.refused for done in returned if done.refused is not None), None)


def hparam_keys(flats: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the flat keys in which the runs differ, all where none does: the same for every run of a sweep.

    TensorBoard shows the first five keys of the alphabet; among a hundred that are equal nobody would find the axes.
    """
    union = sorted({key for flat in flats for key in flat})
    return [key for key in union if len({repr(flat.get(key)) for flat in flats}) > 1] or union


def _handed_over(jobs: Sequence[Job]) -> list[list[str]]:
    """Return what Hydra's own launchers are told: the overrides of each job, and its folder."""
    from dlx.run.run import clear

    for job in jobs:
        if not job.resume:
            clear(job.folder)
    return [[*job.overrides, f"hydra.sweep.subdir={quoted(job.folder)}"] for job in jobs]


def _write(plan: Plan, words: Sequence[str]) -> None:
    """Write sweep.json: the command, the runs with their folders, and the cells that lead to them."""
    numbers = {id(job): number for number, job in enumerate(plan.jobs)}
    write_json(
        plan.folder / "sweep.json",
        {
            "schema": 1,
            "command": list(words),
            "runs": [
                {"identity": job.identity, "folder": str(job.folder.resolve()), "overrides": job.overrides}
                for job in plan.jobs
            ],
            "cells": [{"labels": dict(cell.labels), "run": numbers[id(job)]} for cell, job in plan.cells],
        },
    )
