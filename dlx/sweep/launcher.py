"""The default launcher, which runs the jobs of a sweep one after another in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml
from hydra._internal.core_plugins.basic_launcher import BasicLauncher

from dlx.errors import ConfigError
from dlx.files import refuse_links, write_failure, write_json, write_text
from dlx.stored.read import BrokenFileError
from dlx.stored.run import read_summary

if TYPE_CHECKING:
    from dlx.run.attempt import Watcher
    from dlx.run.signals import Signals
    from dlx.sweep.plan import Job
    from dlx.sweep.progress import SweepWatcher

DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper


class InProcess(BasicLauncher):
    """Runs the jobs of `DlxSweeper` one after another; an interruption ends the sweep.

    With another sweeper it behaves like Hydra's basic launcher.
    """

    # Hydra accepts plugins only from the package hydra_plugins; this one is registered in the process.
    __module__ = "hydra_plugins.dlx"
    forks = False  # True if the launcher forks processes; no thread may run beside them

    def prepare(self) -> None:
        """Prepare the process before the jobs are checked."""

    def run_jobs(self, jobs: Sequence[Job], watcher: SweepWatcher, hparam_keys: list[str]) -> bool:
        """Run the jobs; return False if a signal ended the sweep."""
        from dlx.run.signals import Signals

        signals = Signals()
        with signals.installed():
            for job in jobs:
                run_job(job, watcher.of(job), hparam_keys, signals)
                if signals():
                    return False
        return True


def run_job(job: Job, watcher: Watcher | None, hparam_keys: list[str], signals: Signals) -> Mapping[str, Any]:
    """Run one job of a sweep in its folder and return its summary; an error becomes the status `failed`."""
    from dlx.run.run import run

    given: dict[str, Any] = {
        "overrides": job.overrides,
        "choices": job.choices,
        "watcher": watcher,
        "hparam_keys": hparam_keys,
        "interrupted": signals,
        "data_hash": job.data_hash,
    }
    try:
        write_hydra_files(job)
        try:
            return run(job.config, job.folder, resume=job.resume, **given)
        except ConfigError:
            if not job.resume:
                raise
            return run(job.config, job.folder, **given)  # the checkpoint cannot be read, so start anew
    except Exception as error:
        summary = fail(job, write_failure(error, job.folder) or f"{type(error).__name__}: {error}")
        if watcher is not None:
            watcher.end(summary)
        return summary


def fail(job: Job, error: str) -> dict[str, Any]:
    """Write the status `failed`, without metrics, to the summary of a job that did not do so, and return the summary.

    If it cannot be written either, the summary is returned all the same.
    """
    from dlx.results.summary import new_summary

    try:
        summary = read_summary(job.folder)
    except BrokenFileError:
        summary = None
    summary = summary or new_summary(job.config, job.identity, job.overrides, job.choices)
    summary |= {"status": "failed", "error": error, "metrics": {}, "best": {}}
    try:
        write_json(job.folder / "summary.json", summary)
    except OSError as unwritten:
        if write_failure(unwritten, job.folder) is None:
            raise
    return summary


def write_hydra_files(job: Job) -> None:
    """Write the same files to .hydra as Hydra: the configuration of the run, its overrides and the node `hydra`."""
    folder = job.folder / ".hydra"
    refuse_links(job.folder)
    hydra = {**job.hydra, "overrides": {"hydra": ["hydra.mode=MULTIRUN"], "task": job.overrides}}
    hydra["runtime"] = {**hydra["runtime"], "output_dir": str(job.folder.resolve())}
    for name, content in (("config", job.config), ("overrides", job.overrides), ("hydra", {"hydra": hydra})):
        write_text(folder / f"{name}.yaml", dump(content), sync=False)


def dump(content: Any) -> str:
    """Return plain containers as YAML, written by libyaml if it is available."""
    return yaml.dump(content, Dumper=DUMPER, sort_keys=False, allow_unicode=True)
