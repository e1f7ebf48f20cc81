"""The launcher `pool`, which runs jobs in parallel processes that are forked after the slow imports."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import TYPE_CHECKING, Any

from dlx.errors import ConfigError
from dlx.sweep.launcher import InProcess, fail, run_job
from dlx.sweep.parent import end_with_parent

if TYPE_CHECKING:
    from dlx.run.signals import Signals
    from dlx.sweep.plan import Job
    from dlx.sweep.progress import SweepWatcher

REPORT_SECONDS = 0.25
MOST_JOBS = 256  # processes


class Pool(InProcess):
    """Runs the jobs of a sweep in parallel processes.

    The processes are forked after torch and lightning have been imported and the data loaded, so runs start
    immediately. Each has one torch thread unless `trainer.threads` is set.

    Args:
        n_jobs: number of processes; -1 for one on each usable core.

    Example:
        dlx train -m hydra/launcher=pool 'seed=range(20)'
    """

    __module__ = "hydra_plugins.dlx"
    forks = True

    def __init__(self, n_jobs: int = -1) -> None:
        super().__init__()
        if not isinstance(n_jobs, int) or isinstance(n_jobs, bool) or n_jobs == 0 or not -1 <= n_jobs <= MOST_JOBS:
            raise ConfigError(
                f"hydra.launcher.n_jobs: expected a number of processes up to {MOST_JOBS}, or -1, got {n_jobs!r}"
            )
        if "fork" not in multiprocessing.get_all_start_methods():
            raise ConfigError("hydra/launcher=pool: this system cannot fork; leave hydra/launcher as it is")
        cores = usable_cores()
        self.n_jobs = cores if n_jobs == -1 else n_jobs

    def prepare(self) -> None:
        """Keep torch from starting threads before the fork, for which a forked process would wait forever."""
        import torch

        torch.set_num_threads(1)

    def run_jobs(self, jobs: Sequence[Job], watcher: SweepWatcher, hparam_keys: list[str]) -> bool:
        """Run the jobs; return False if a signal ended the sweep."""
        from dlx.run.signals import AtOnce, Signals

        import dlx.run  # noqa: F401, isort: skip  (the processes inherit these imports)

        signals = Signals()
        crew = Crew(jobs, watcher, hparam_keys)
        with signals.installed():
            try:
                crew.start(min(self.n_jobs, len(jobs)))
                while crew.busy():
                    crew.listen(REPORT_SECONDS)
                    if signals():
                        crew.stop()
            except AtOnce:
                crew.kill()
            finally:
                crew.end()
        return not signals()


def usable_cores() -> int:
    """Return the number of cores that this process may use; on other systems than Linux, all cores."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@dataclass
class Worker:
    """A worker process, the parent's end of its pipe, and the index of its current job."""

    process: ForkProcess
    pipe: Connection
    at: int | None = None
    asked: bool = False


class Crew:
    """The worker processes of a pool and their current jobs."""

    def __init__(self, jobs: Sequence[Job], watcher: SweepWatcher, hparam_keys: list[str]) -> None:
        self.jobs, self.watcher, self.hparam_keys = jobs, watcher, hparam_keys
        self.waiting = list(range(len(jobs)))[::-1]
        self.watchers: dict[int, Any] = {}
        self.workers: list[Worker] = []

    def start(self, number: int) -> None:
        """Fork processes and give each a job."""
        for _ in range(number):
            self._fork()

    def _fork(self) -> None:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [worker.pipe for worker in self.workers]
        process = context.Process(target=work, args=(theirs, [ours, *others], self.jobs, self.hparam_keys), daemon=True)
        process.start()
        theirs.close()
        worker = Worker(process, ours)
        self.workers.append(worker)
        self._assign(worker)

    def _assign(self, worker: Worker) -> None:
        """Give a process its next job, or None if there is no job left."""
        worker.at = self.waiting.pop() if self.waiting else None
        if worker.at is not None:
            self.watchers[worker.at] = self.watcher.of(self.jobs[worker.at])
        with contextlib.suppress(OSError):  # the process has died, which `listen` notices by its pipe
            worker.pipe.send(worker.at)

    def busy(self) -> bool:
        """Return True if a job is running."""
        return any(worker.at is not None for worker in self.workers)

    def listen(self, seconds: float) -> None:
        """Process the reports of the workers, waiting for at most the given seconds."""
        for pipe in wait([worker.pipe for worker in self.workers if worker.at is not None], seconds):
            worker = next(worker for worker in self.workers if worker.pipe is pipe)
            try:
                kind, content = worker.pipe.recv()
            except (EOFError, OSError):
                self._died(worker)
                continue
            assert worker.at is not None, "only processes at work are listened to"
            watcher = self.watchers[worker.at]
            {"start": watcher.start, "epoch": watcher.epoch, "end": watcher.end}[kind](*content)
            if kind == "end":
                self._assign(worker)
        self.watcher.refresh()

    def _died(self, worker: Worker) -> None:
        """Mark the run of a worker that was killed as failed, and replace the worker."""
        worker.process.join()
        self.workers.remove(worker)
        worker.pipe.close()
        assert worker.at is not None, "only processes at work are listened to"
        job, code = self.jobs[worker.at], worker.process.exitcode
        cause = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        self.watchers[worker.at].end(fail(job, f"the process of the run ended with {cause}"))
        if self.waiting:
            self._fork()

    def stop(self) -> None:
        """Ask each worker once to interrupt its run; no further job is started."""
        self.waiting = []
        for worker in self.workers:
            if worker.at is not None and not worker.asked:
                worker.asked = True
                worker.process.terminate()

    def kill(self) -> None:
        """Kill all workers."""
        self.waiting = []
        for worker in self.workers:
            worker.process.kill()

    def end(self) -> None:
        """Wait for all workers to end, and close their pipes."""
        for worker in self.workers:
            if worker.at is not None:
                worker.process.kill()
            worker.process.join()
            worker.pipe.close()


class Report:
    """The watcher of a run in a worker: reports to the parent, and stops the run if the parent is gone."""

    def __init__(self, pipe: Connection, signals: Signals) -> None:
        self.pipe, self.signals = pipe, signals
        self._sent = 0.0

    def start(self, epochs: int, resumed: int) -> None:
        """Report that a run begins."""
        self._send("start", epochs, resumed)

    def epoch(self, row: Mapping[str, float]) -> None:
        """Report the metrics of an epoch, at most four times per second."""
        if time.monotonic() - self._sent >= REPORT_SECONDS:
            self._sent = time.monotonic()
            self._send("epoch", dict(row))

    def end(self, summary: Mapping[str, Any]) -> None:
        """Report the summary of the run."""
        self._send("end", dict(summary))

    def _send(self, kind: str, *content: Any) -> None:
        try:
            self.pipe.send((kind, content))
        except OSError:
            self.signals.received = True


def work(pipe: Connection, others: Sequence[Connection], jobs: Sequence[Job], hparam_keys: list[str]) -> None:
    """Worker loop: run the jobs whose indices arrive over the pipe, until None; the parent sends SIGTERM on Ctrl-C."""
    import torch

    from dlx.run.signals import TERMINATION, Signals

    for other in others:  # inherited ends of pipes would hide that the parent is gone
        other.close()
    for number in TERMINATION:  # a terminal sends them to all its processes; only the parent decides
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)
    signals = Signals(signal.SIGTERM, patient=True)
    end_with_parent()
    with signals.installed(), contextlib.suppress(EOFError, BrokenPipeError):
        while (number := pipe.recv()) is not None:
            run_job(jobs[number], Report(pipe, signals), hparam_keys, signals)
    os._exit(0)  # skip the exit handlers inherited from the parent
