"""Launching the runs of a plan with any launcher of Hydra, under one progress bar and a lock on the folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError
from dlx.files import refuse_links, remove_partial, write_failure, write_json
from dlx.results.runs import Run, read_run
from dlx.results.summary import DATA_CHANGED, flatten, new_summary
from dlx.run.signals import AtOnce
from dlx.sweep.cells import Axes
from dlx.sweep.job import Done
from dlx.sweep.launcher import InProcess, fail
from dlx.sweep.lock import alone
from dlx.sweep.parent import watch_workers
from dlx.sweep.plan import FINAL, Job, Plan, quoted
from dlx.sweep.progress import SweepWatcher, watching


@dataclass(frozen=True)
class Sweep:
    """A sweep after it was launched.

    Attributes:
        plan: the plan of its runs.
        found: the run of each identity; None if it has not started.
        complete: False if the sweep was interrupted.
        refused: the error if a run was refused because of its folder.
        only: the identities of the runs that were to be trained; None: all.
        stopped: the error of a launcher that ended before its jobs; they may go on.
        study: the study of the experiment; empty if it has none.
        axes: the axes of the experiment and of the command line.
        words: the overrides of the command.
        notes: sentences about keys that some of its runs do not have.
    """

    plan: Plan
    found: Mapping[str, Run | None]
    complete: bool
    refused: ConfigError | None = None
    stopped: str | None = None
    only: frozenset[str] | None = None
    study: Mapping[str, Any] = field(default_factory=dict)
    axes: Axes = field(default_factory=dict)
    words: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def runs(self) -> list[Run]:
        """The runs that have started, in order."""
        return [run for run in self.found.values() if run is not None]

    @property
    def statuses(self) -> list[str]:
        """The statuses of the runs to be trained, followed by `interrupted` if the sweep is not complete."""
        ends = ["interrupted"] * (not self.complete) + ["failed"] * (self.stopped is not None)
        return [run.status for run in self.runs if self.only is None or run.identity in self.only] + ends


def launch(plan: Plan, launcher: Any) -> Sweep:
    """Launch all runs that are not finished, and return the sweep."""
    only = hydra_session.current.only
    left = [job for job in plan.jobs if not job.done and (only is None or job.identity in only)]
    keys = hparam_keys([flatten(job.canonical) for job in plan.jobs])
    forks = isinstance(launcher, InProcess) and launcher.forks
    complete, refused, stopped, caller = True, None, None, hydra_session.current
    watcher = SweepWatcher(plan, threaded=not forks)
    try:
        with alone(plan.folder), watching(watcher):
            hydra_session.current = replace(caller, observer=watcher, hparam_keys=keys)
            remove_partial(plan.folder)
            _write(plan, caller.words)
            if left and isinstance(launcher, InProcess):
                complete = launcher.run_jobs(left, watcher, keys)
            elif left:
                returned, stopped = launched(left, launcher)
                if stopped is None:
                    refused = _refusal([run.return_value for run in returned if run.status == JobStatus.COMPLETED])
                    watcher.ended |= _ended(left, returned)
    except (KeyboardInterrupt, AtOnce):  # a launcher of Hydra was interrupted, or a second signal came
        complete = False
    finally:
        hydra_session.current = caller
    found = {job.identity: found_run(job, watcher.ended) for job in plan.jobs}
    return Sweep(plan, found, complete, refused, stopped, only, words=caller.words)


def found_run(job: Job, ended: Mapping[Path, Mapping[str, Any]]) -> Run | None:
    """Return the run of a job as its folder records it; one that could not record its failure as it was reported.

    A run on other data than those that the sweep began with has failed.

    Args:
        job: the job.
        ended: the summaries that were reported, by folder.
    """
    run, reported = read_run(job.folder), ended.get(job.folder)
    if reported is not None and reported["status"] == "failed" and (run is None or run.status != "failed"):
        return Run(job.folder, reported)
    if run is not None and run.status in FINAL and job.data_hash not in (None, run.data_hash):
        # The process of the run did not know what the sweep had begun with.
        return Run(job.folder, fail(job, DATA_CHANGED))
    return run


def _ended(jobs: Sequence[Job], returned: Sequence[JobReturn]) -> dict[Path, Mapping[str, Any]]:
    """Return the summaries that a launcher of Hydra returned by folder; jobs that did not begin have failed."""
    found: dict[Path, Mapping[str, Any]] = {}
    for job, run in zip(jobs, returned, strict=True):
        if run.status == JobStatus.COMPLETED:
            found |= {job.folder: run.return_value.summary} if run.return_value.summary else {}
        else:
            error: Exception = run._return_value
            why = write_failure(error) or f"{type(error).__name__}: {error}"
            failed = new_summary(job.config, job.identity, job.overrides, job.choices)
            found[job.folder] = failed | {"status": "failed", "error": why}
    return found


def _refusal(returned: Sequence[Done]) -> ConfigError | None:
    return next((done.refused for done in returned if done.refused is not None), None)


def launched(jobs: Sequence[Job], launcher: Any) -> tuple[Sequence[JobReturn], str | None]:
    """Run the jobs by a launcher of Hydra; return what they returned, and the error of the launcher, if any.

    Raises:
        ConfigError: The launcher could not start a run; the message is its own.
    """
    watch_workers(launcher)
    try:
        return launcher.launch(_handed_over(jobs), initial_job_idx=0), None
    except (HydraException, OmegaConfBaseException, ConfigError):
        raise
    except Exception as error:  # whatever the launcher raises, e.g. because a job was canceled
        said = str(error).partition("\n")[0] or type(error).__name__
        if not any(job.folder.is_dir() for job in jobs):
            raise ConfigError(f"hydra.launcher: {said}") from error
        return [], said


def hparam_keys(flats: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the flat keys in which the runs differ, or all keys if they do not differ.

    TensorBoard shows the first five keys in alphabetical order, so the axes would be lost among a hundred equal keys.
    """
    union = sorted({key for flat in flats for key in flat})
    return [key for key in union if len({repr(flat.get(key)) for flat in flats}) > 1] or union


def _handed_over(jobs: Sequence[Job]) -> list[list[str]]:
    """Return the overrides of each job for a launcher of Hydra, including the folder of the job."""
    from dlx.run.record import clear

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
