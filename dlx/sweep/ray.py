"""The launcher `ray`, which runs the jobs of a sweep on a Ray cluster, or on the cores of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dlx.config.hydra.errors import missing_launcher
from dlx.errors import ConfigError
from dlx.sweep.launcher import InProcess, fail, run_job

if TYPE_CHECKING:
    from dlx.sweep.plan import Job
    from dlx.sweep.progress import SweepWatcher

REPORT_SECONDS, PATIENCE = 0.25, 30.0


class Ray(InProcess):
    """Runs each job of a sweep as a task of Ray (Moritz et al. 2018).

    A worker imports dlx and loads the data itself. The folder of the sweep must be visible on every machine.

    Args:
        address: address of a running cluster, such as `auto`; null starts Ray on this machine.
        cpus: cores of a job.
        gpus: devices of a job.

    Raises:
        ConfigError: Ray is not installed, or a number is invalid.

    Example:
        dlx train -m hydra/launcher=ray 'seed=range(20)'
    """

    __module__ = "hydra_plugins.dlx"

    def __init__(self, address: str | None = None, cpus: float = 1, gpus: float = 0) -> None:
        super().__init__()
        if find_spec("ray") is None:
            raise ConfigError(missing_launcher("ray"))
        for key, value in (("cpus", cpus), ("gpus", gpus)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise ConfigError(f"hydra.launcher.{key}: expected a number from 0, got {value!r}")
        if address is not None and not isinstance(address, str):
            raise ConfigError(f"hydra.launcher.address: expected an address such as auto, or null, got {address!r}")
        self.address, self.cpus, self.gpus = address, cpus, gpus

    def run_jobs(self, jobs: Sequence[Job], watcher: SweepWatcher, hparam_keys: list[str]) -> bool:
        """Run the jobs; return False if a signal ended the sweep."""
        import ray

        from dlx.run.signals import AtOnce, Signals

        passed = {name: value for name, value in os.environ.items() if name in ("DLX_ADMIT", "PYTHONPATH")}
        try:
            ray.init(
                self.address,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
                runtime_env={"env_vars": passed},
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ConfigError(f"hydra/launcher=ray: {str(error).partition(chr(10))[0]}") from None
        task = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0)(work)
        signals, waiting = Signals(), dict[Any, Any]()
        with signals.installed():
            try:
                waiting |= {task.remote(job, hparam_keys): job for job in jobs}
                while waiting and not signals():
                    for reference in ray.wait(list(waiting), timeout=REPORT_SECONDS)[0]:
                        job = waiting.pop(reference)
                        share = watcher.of(job)
                        share.start(1, 0)
                        share.end(summary_of(reference, job))
                    watcher.refresh()
                for reference in waiting:  # SIGINT in its process: a run writes its checkpoint
                    ray.cancel(reference)
                if waiting:
                    ray.wait(list(waiting), num_returns=len(waiting), timeout=PATIENCE)
            except AtOnce:
                pass
            finally:
                ray.shutdown()
        return not signals()


def work(job: Job, hparam_keys: list[str]) -> Mapping[str, Any]:
    """Run a job in a process of Ray, and return the summary of its run."""
    from dlx.run.signals import Signals

    signals = Signals()
    with signals.installed():
        return run_job(job, None, hparam_keys, signals)


def summary_of(reference: Any, job: Job) -> Mapping[str, Any]:
    """Return the summary of a run whose task has ended; the run is marked as failed if its process was lost."""
    import ray

    try:
        found: Mapping[str, Any] = ray.get(reference)
    except ray.exceptions.RayError as error:
        return fail(job, f"the process of the run was lost: {str(error).partition(chr(10))[0]}")
    return found
