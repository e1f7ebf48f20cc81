"""The usual launcher: one run after the other in this process, without starting or composing anything twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml
from hydra._internal.core_plugins.basic_launcher import BasicLauncher

from dlx.errors import ConfigError
from dlx.files import read_json, write_json

if TYPE_CHECKING:
    from dlx.run.attempt import Watcher
    from dlx.run.signals import Signals
    from dlx.sweep.plan import Job
    from dlx.sweep.show import SweepWatcher

DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper


class InProcess(BasicLauncher):
    """Runs the jobs of our sweeper one after the other; an interruption ends the sweep.

    Under another sweeper it does what Hydra's basic launcher does.
    """

    # Hydra admits plugins of the package hydra_plugins only; this one is registered in the process.
    __module__ = "hydra_plugins.dlx"
    forks = False  # whether processes are forked: no thread may run beside them

    def prepare(self) -> None:
        """Get ready before the jobs are checked."""

    def run_jobs(self, jobs: Sequence[Job], watcher: SweepWatcher, hparam_keys: list[str]) -> bool:
        """Run the jobs; return whether all have been run, and no one asked to stop."""
        from dlx.run.signals import Signals

        signals = Signals()
        with signals.installed():
            for job in jobs:
                run_job(job, watcher.of(job), hparam_keys, signals)
                if signals():
                    return False
        return True


def run_job(job: Job, watcher: Watcher, hparam_keys: list[str], signals: Signals) -> Mapping[str, Any]:
    """Run one job of a sweep in its folder, and return its summary; whatever happens, the sweep can go on."""
    from dlx.run.run import run

    given: dict[str, Any] = {
        "overrides": job.overrides,
        "choices": job.choices,
        "watcher": watcher,
        "hparam_keys": hparam_keys,
        "interrupted": signals,
    }
    try:
        write_hydra_files(job)
        try:
            return run(job.config, job.folder, resume=job.resume, **given)
        except ConfigError:
            if not job.resume:
                raise
            return run(job.config, job.folder, **given)  # its checkpoint cannot be read: from the start
    except Exception as error:
        summary = fail(job, f"{type(error).__name__}: {error}")
        watcher.end(summary)
        return summary


def fail(job: Job, error: str) -> dict[str, Any]:
    """Note in a job's summary that it failed without having been able to say so itself."""
    from dlx.results.summary import new_summary

    summary = read_json(job.folder / "summary.json") or new_summary(
        job.config, job.identity, job.overrides, job.choices
    )
    summary |= {"status": "failed", "error": error}
    write_json(job.folder / "summary.json", summary)
    return summary


def write_hydra_files(job: Job) -> None:
    """Leave in .hydra what Hydra would: the run's configuration, its overrides and Hydra's own node."""
    folder = job.folder / ".hydra"
    folder.mkdir(parents=True, exist_ok=True)
    hydra = {**job.hydra, "overrides": {"hydra": ["hydra.mode=MULTIRUN"], "task": job.overrides}}
    hydra["runtime"] = {**hydra["runtime"], "output_dir": str(job.folder.resolve())}
    for name, content in (("config", job.config), ("overrides", job.overrides), ("hydra", {"hydra": hydra})):
        (folder / f"{name}.yaml").write_text(dump(content), encoding="utf-8")


def dump(content: Any) -> str:
    """Write plain containers as YAML, by libyaml where it is there."""
    return yaml.dump(content, Dumper=DUMPER, sort_keys=False, allow_unicode=True)
