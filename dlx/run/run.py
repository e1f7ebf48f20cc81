"""`run(config, folder)` trains one network, writes the files of the run to its folder and returns its summary."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlx.assembly.assemble import assemble
from dlx.assembly.assembly import Assembly
from dlx.assembly.memory import out_of_memory
from dlx.assembly.notes import notes
from dlx.assembly.threads import threads
from dlx.config.identity import identity
from dlx.contracts.job import NoAnswer
from dlx.errors import ConfigError
from dlx.files import remove_partial, write_failure, write_json
from dlx.nn.source import recorded_target
from dlx.results.checkpoint import LAST, load_last
from dlx.results.log import Log
from dlx.results.record import quiet_writer
from dlx.results.summary import DATA_CHANGED, Summary, identify, new_summary
from dlx.run import jobs
from dlx.run.attempt import Attempt, Watcher
from dlx.run.forgetting import unmeasured
from dlx.run.record import begin, clear, end, end_if_possible
from dlx.run.restore import refuse_earlier, refuse_folder, refuse_other_data
from dlx.run.signals import AtOnce, Signals
from dlx.stored.run import read_summary
from dlx.training.fit import quiet_lightning, raising_callback
from dlx.training.progress import Diverged, Interrupted


class DataChanged(Exception):  # noqa: N818 (an event, no error)
    """Raised when the data of a run are not those that its sweep began with."""


def run(
    config: Mapping[str, Any],
    folder: Path,
    *,
    overrides: list[str] | None = None,
    choices: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
    resume: bool = False,
    hparam_keys: list[str] | None = None,
    interrupted: Callable[[], bool] | None = None,
    raises: bool = False,
    assembly: Assembly | None = None,
    data_hash: str | None = None,
) -> Summary:
    """Train, measure and evaluate one configuration, and return its summary with the status of the run.

    Args:
        config: plain containers with all interpolations resolved.
        folder: the folder of the run, created if it does not exist.
        overrides: the overrides as typed, for the summary.
        choices: the option of each group, for the summary.
        watcher: notified after each epoch.
        resume: resume from checkpoints/last.ckpt if it exists; otherwise the files of an earlier run are removed.
        hparam_keys: flat keys for TensorBoard's HPARAMS tab; the same for all runs of a sweep.
        interrupted: returns True if the run should stop; by default, SIGINT, SIGTERM and SIGHUP request that.
        raises: re-raise an unexpected error, for its traceback.
        assembly: the assembly of this configuration, if it has already been built.
        data_hash: the hash of the data that the sweep began with; the run fails if its data are others.

    Raises:
        ConfigError: The configuration is invalid, or the folder contains a link; nothing is written.
        KeyboardInterrupt: A signal came too late to interrupt the run, which has ended.
        SystemExit: The job of a cluster has reached its time limit and is queued again; the state of the run is saved.
    """
    signals = interrupted if isinstance(interrupted, Signals) else Signals()
    summary = new_summary(config, identity(config), overrides or [], choices or {})
    refuse_folder(folder, config, resume)
    log = Log(folder / "dlx.log")
    listening = signals.installed() if interrupted is None else nullcontext()
    with listening, recorded_end(folder, config, summary, log, resume), outcome(folder, summary, log, signals, raises):
        with signals.immediate():
            assembly = assembly or assemble(config)
            refuse_changed_data(assembly, data_hash)
            checkpoint = prepare(folder, config, assembly, summary, log, resume)
        with quiet_lightning(), quiet_writer(), log.warnings(), threads(assembly.trainer.threads):
            asked = interrupted or signals
            jobs.make(Attempt(assembly, folder, summary, asked, log, watcher, hparam_keys, signals), checkpoint)
    if watcher is not None:
        watcher.end(summary)
    after_signals(signals, summary, own=interrupted is None)
    return summary


def refuse_changed_data(assembly: Assembly, data_hash: str | None) -> None:
    """Refuse data that are not those that the sweep of a run began with; None: any are right.

    Raises:
        DataChanged: The data are others.
    """
    if data_hash not in (None, assembly.data.hash):
        raise DataChanged(DATA_CHANGED)


def after_signals(signals: Signals, summary: Summary, own: bool) -> None:
    """Do what the signals that a run has received ask for after its end.

    Args:
        signals: the signals.
        summary: the summary of the run.
        own: whether the run itself has listened to them, and no one above it does.

    Raises:
        KeyboardInterrupt: A signal came too late to interrupt the run.
        SystemExit: The job of a cluster is queued again.
    """
    if summary["status"] == "interrupted":
        signals.hand_on()
    elif own and signals.received:
        raise KeyboardInterrupt


def interrupted_early(
    config: Mapping[str, Any], folder: Path, overrides: list[str], choices: Mapping[str, Any]
) -> Summary:
    """Write the files of a run that was interrupted before it began, so that it can be resumed from the start."""
    summary = new_summary(config, identity(config), overrides, choices) | {"status": "interrupted"}
    end(folder, config, summary, Log(folder / "dlx.log"))
    return summary


def seconds_spent(folder: Path) -> float:
    """Return the seconds that an interrupted run had taken, according to its summary; 0 if it has none."""
    summary = read_summary(folder)
    return 0.0 if summary is None else float(summary["seconds"]["total"])


def prepare(
    folder: Path, config: Mapping[str, Any], assembly: Assembly, summary: Summary, log: Log, resume: bool
) -> dict[str, Any] | None:
    """Write the first files of a run; return the checkpoint that it resumes from, or None if it starts anew.

    Raises:
        ConfigError: the checkpoint cannot be read.
    """
    summary["data_hash"] = assembly.data.hash
    summary["notes"] = [*notes(assembly, summary["overrides"]), *unmeasured(assembly)]
    identify(summary, config, assembly.revision)
    if resume:
        refuse_earlier(folder, config, assembly.revision)
        refuse_other_data(folder, assembly.data.hash)
    remove_partial(folder, folder / "checkpoints")
    last = load_last(folder / "checkpoints") if resume else None
    if last is None:
        clear(folder, resume)
    else:
        last.file.replace(folder / "checkpoints" / LAST)  # where the other processes of ddp look for it
        summary["notes"] += last.notes
    begin(folder, config, summary, log, recorded_target(assembly.data.spec), assembly.revision)
    if record := data_record(assembly):
        write_json(folder / "data.json", record, sync=False)
    for part, reason in assembly.left_out.items():
        log(f"diagnostics.{part} is left out: {reason}")
    return None if last is None else last.checkpoint


def data_record(assembly: Assembly) -> dict[str, Any]:
    """Return how a user's file was read, and the preprocessing of new examples if a network is trained and kept."""
    data = assembly.data
    if assembly.job.stands_alone:
        return {}
    found = {} if data.reading is None else data.reading.record()
    keeps = assembly.job.is_training() and assembly.examples.all_folds is None and data.spec.input != "none"
    if keeps and data.preprocessing is not None:
        found["preprocessing"] = replace(data.preprocessing, spec=assembly.examples.offered).record()
    return found


@contextmanager
def recorded_end(folder: Path, config: Mapping[str, Any], summary: Summary, log: Log, resume: bool) -> Iterator[None]:
    """Write how the run in the block ended and how long it took, except if its configuration was refused.

    If that cannot be written, the run has failed, and its summary on disk still calls it running, so that the same
    command resumes it.

    Args:
        folder: the folder of the run.
        config: its configuration.
        summary: its summary.
        log: its log.
        resume: the seconds that it had taken before it was interrupted count too.
    """
    began, spent = time.perf_counter(), seconds_spent(folder) if resume else 0.0
    try:
        yield
    finally:
        if summary["status"] != "running":
            summary["seconds"]["total"] = round(spent + time.perf_counter() - began, 3)
            if summary["status"] != "failed" or folder.is_dir():  # one that has vanished is not made again
                end_if_possible(folder, config, summary, log)


@contextmanager
def outcome(folder: Path, summary: Summary, log: Log, signals: Signals, raises: bool) -> Iterator[None]:
    """Set the status of the run by the exception that ends the block, if any.

    A `ConfigError` is re-raised, and a `SystemExit` that no signal to dlx explains: the launcher of a cluster raises it
    at the time limit of a job, after it has queued the job again.
    """
    try:
        yield
        summary["status"] = "finished"
    except ConfigError:
        raise
    except Diverged as event:
        summary["status"], summary["error"] = "diverged", str(event)
    except (DataChanged, NoAnswer) as event:
        summary["status"], summary["error"] = "failed", str(event)
        if raises:
            raise
    except (Interrupted, AtOnce, KeyboardInterrupt):
        summary["status"] = "interrupted"
    except SystemExit:
        summary["status"] = "interrupted"
        if not signals():
            raise
    except Exception as error:
        if "without overflow" in str(error):  # the message of torch for a number that exceeds the range of its dtype
            summary["status"], summary["error"] = "diverged", f"a number exceeds the range of its dtype: {error}"
            return
        if (why := write_failure(error, folder)) is not None:
            summary["status"], summary["error"] = "failed", why
            if raises:
                raise
            return
        what = "out of memory" if out_of_memory(error) else type(error).__name__
        said = str(error).partition("\n")[0] if what == "out of memory" else error
        if name := raising_callback(error):
            said = f"{said} (raised by the callback {name})"
        summary["status"], summary["error"] = "failed", f"{what}: {said}"
        folder.mkdir(parents=True, exist_ok=True)
        log(traceback.format_exc())
        if raises:
            raise
