"""Launching the runs of a plan with any launcher of Hydra, under one progress bar and a lock on the folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hydra.core.utils import JobStatus

from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError
from dlx.files import refuse_links, remove_partial, write_json
from dlx.results.runs import Run, read_run
from dlx.results.summary import flatten
from dlx.run.signals import AtOnce
from dlx.sweep.cells import Axes
from dlx.sweep.job import Done
from dlx.sweep.launcher import InProcess
from dlx.sweep.lock import alone
from dlx.sweep.plan import Job, Plan, quoted
from dlx.sweep.show import SweepWatcher, watching


@dataclass(frozen=True)
class Sweep:
    """A sweep after it was launched.

    Attributes:
        plan: the plan of its runs.
        found: the run of each identity; None if it has not started.
        complete: False if the sweep was interrupted.
        refused: the error if a run was refused because of its folder.
        study: the study of the experiment; empty if it has none.
        axes: the axes of the experiment and of the command line.
    """

    plan: Plan
    found: Mapping[str, Run | None]
    complete: bool
    refused: ConfigError | None = None
    study: Mapping[str, Any] = field(default_factory=dict)
    axes: Axes = field(default_factory=dict)

    @property
    def runs(self) -> list[Run]:
        """The runs that have started, in order."""
        return [run for run in self.found.values() if run is not None]

    @property
    def statuses(self) -> list[str]:
        """The statuses of its runs, followed by `interrupted` if the sweep is not complete."""
        return [run.status for run in self.runs] + ([] if self.complete else ["interrupted"])


def launch(plan: Plan, launcher: Any) -> Sweep:
    """Launch all runs that are not finished, and return the sweep."""
    left = [job for job in plan.jobs if not job.done]
    keys = hparam_keys([flatten(job.canonical) for job in plan.jobs])
    forks = isinstance(launcher, InProcess) and launcher.forks
    complete, refused, caller = True, None, hydra_session.current
    try:
        with alone(plan.folder), watching(SweepWatcher(plan, threaded=not forks)) as watcher:
            hydra_session.current = replace(caller, observer=watcher, hparam_keys=keys)
            remove_partial(plan.folder)
            _write(plan, caller.words)
            if left and isinstance(launcher, InProcess):
                complete = launcher.run_jobs(left, watcher, keys)
            elif left:
                returned = launcher.launch(_handed_over(left), initial_job_idx=0)
                refused = _refusal([run.return_value for run in returned if run.status == JobStatus.COMPLETED])
    except (KeyboardInterrupt, AtOnce):  # a launcher of Hydra was interrupted, or a second signal came
        complete = False
    finally:
        hydra_session.current = caller
    return Sweep(plan, {job.identity: read_run(job.folder) for job in plan.jobs}, complete, refused)


def _refusal(returned: Sequence[Done]) -> ConfigError | None:
    return next((done.refused for done in returned if done.refused is not None), None)


def hparam_keys(flats: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the flat keys in which the runs differ, or all keys if they do not differ.

    TensorBoard shows the first five keys in alphabetical order, so the axes would be lost among a hundred equal keys.
    """
    union = sorted({key for flat in flats for key in flat})
    return [key for key in union if len({repr(flat.get(key)) for flat in flats}) > 1] or union


def _handed_over(jobs: Sequence[Job]) -> list[list[str]]:
    """Return the overrides of each job for a launcher of Hydra, including the folder of the job."""
    from dlx.run.run import clear

    for job in jobs:
        refuse_links(job.folder)
        if not job.resume:
            clear(job.folder)
    return [[*job.overrides, f"hydra.sweep.subdir={quoted(job.folder)}"] for job in jobs]


def _write(plan: Plan, words: Sequence[str]) -> None:
    """Write sweep.json: the command, the runs with their folders, and the run of each cell."""
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
