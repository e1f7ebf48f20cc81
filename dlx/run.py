"""run(configuration) -> Summary: train one network and leave its folder as the documentation says."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import lightning
import numpy as np
import torch

import dlx
from dlx import paths
from dlx.assemble import Assembly, assemble
from dlx.evaluate import evaluate_parts, evaluation_picture
from dlx.files import write_json
from dlx.identity import canonical, identity
from dlx.keep import Keeper, load_checkpoint
from dlx.measuring import Measuring
from dlx.progress import Diverged, Interrupted
from dlx.quiet import quiet_lightning
from dlx.record import Record
from dlx.restore import refuse_occupied
from dlx.summary import Summary, flatten, new_summary
from dlx.task import Task
from dlx.trials import Trials


class Watcher(Protocol):
    """Whoever shows a run while it trains: a progress bar, a sweep's bar, nobody."""

    def start(self, epochs: int, resumed: int) -> None:
        """Learn how many epochs there will be."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Learn the metrics of an epoch."""

    def end(self, summary: Summary) -> None:
        """Learn how it ended."""


class Signals:
    """Turn SIGINT and SIGTERM into a flag that the training asks between two batches."""

    def __init__(self) -> None:
        self.received = False

    def __call__(self) -> bool:
        return self.received

    def _receive(self, number: int, frame: Any) -> None:
        if self.received:  # asked twice: at once
            raise KeyboardInterrupt
        self.received = True

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Listen inside the block, and give the former handlers back behind it."""
        before = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                before[number] = signal.signal(number, self._receive)
            except ValueError:  # not in the main thread: the caller handles signals
                break
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(
    config: Mapping[str, Any],
    folder: Path,
    *,
    overrides: list[str] | None = None,
    choices: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
    resume: bool = False,
    hparam_keys: list[str] | None = None,
    raises: bool = False,
) -> Summary:
    """Train, measure and evaluate one configuration; every outcome is a status in the summary.

    Args:
        config: plain containers, interpolations resolved.
        folder: made if it is not there; all files of the run lie in it.
        overrides: what was typed, for the summary.
        choices: option of each group, for the summary.
        watcher: shown each epoch.
        resume: go on from checkpoints/last.ckpt where there is one.
        hparam_keys: further flat keys for TensorBoard's HPARAMS; the runs of a sweep have the same.
        raises: let an unforeseen error through, for its traceback.

    Raises:
        ConfigError: the configuration cannot be used; nothing is written.
    """
    began = time.perf_counter()
    assembly = assemble(config)
    if resume:
        refuse_occupied(folder, config)
    folder.mkdir(parents=True, exist_ok=True)
    name = identity(config)
    write_json(
        folder / "identity.json",
        {
            "identity": name,
            "config": canonical(config),
            "data_hash": assembly.data.hash,
            "launcher": "single",
            "full_config": dict(config),
        },
    )
    summary = new_summary(config, name, overrides or [], choices or {}, assembly)
    write_json(folder / "summary.json", summary)
    signals = Signals()
    try:
        with signals.installed(), quiet_lightning(), threads(assembly.trainer.threads):
            if hasattr(assembly.job, "measure"):
                _measure(assembly, folder, summary, signals, watcher, hparam_keys)
            else:
                _train(assembly, folder, summary, signals, watcher, resume, hparam_keys)
        summary["status"] = "finished"
    except Diverged as event:
        summary["status"], summary["error"] = "diverged", str(event)
    except (Interrupted, KeyboardInterrupt):
        summary["status"] = "interrupted"
    except Exception as error:
        if raises:
            raise
        summary["status"] = "failed"
        summary["error"] = f"{type(error).__name__}: {error}"
        (folder / "dlx.log").open("a").write(traceback.format_exc())
    summary["seconds"]["total"] = round(time.perf_counter() - began, 3)
    summary["memory_mb"] = round(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), 1
    )
    write_json(folder / "summary.json", summary)
    if watcher is not None:
        watcher.end(summary)
    return summary


def _measure(
    assembly: Assembly,
    folder: Path,
    summary: Summary,
    signals: Signals,
    watcher: Watcher | None,
    hparam_keys: list[str] | None,
) -> None:
    """Do a job that is no training: its metrics are kept as a training's are."""
    if watcher is not None:
        watcher.start(0, 0)
    summary["metrics"] |= assembly.job.measure(Trials(assembly, signals))
    record = Record(folder)
    record.finish(hparams(summary, hparam_keys), {k: v for k, v in summary["metrics"].items() if v == v}, None)
    record.close()


def hparams(summary: Summary, keys: list[str] | None) -> dict[str, Any]:
    """Return the flat configuration for TensorBoard's HPARAMS, with the keys of a whole sweep where they are given."""
    flat = flatten(summary["config"])
    return {key: flat.get(key, "none") for key in (keys or sorted(flat))}


def _train(
    assembly: Assembly,
    folder: Path,
    summary: Summary,
    signals: Signals,
    watcher: Watcher | None,
    resume: bool,
    hparam_keys: list[str] | None,
) -> None:
    settings = assembly.trainer
    keeper = Keeper(folder / "checkpoints")
    checkpoint = load_checkpoint(folder / "checkpoints" / "last.ckpt") if resume else None
    record = Record(folder, checkpoint["dlx"]["progress"]["epoch"] if checkpoint else None)
    measuring = Measuring(assembly, record.rows)

    def on_epoch(task: Task, row: dict[str, float]) -> None:
        measured, histograms = measuring.at_epoch(task)
        record.add({**row, **measured}, histograms)
        keeper.at_epoch(task)
        if watcher is not None:
            watcher.epoch(row)

    task = Task(assembly, on_epoch, signals)
    task.resumed = checkpoint
    summary["parameters"] = sum(p.numel() for p in task.network.parameters())
    summary["metrics"] |= measuring.at_start(task.network, assembly.data)
    if watcher is not None:
        watcher.start(settings.max_epochs, checkpoint["dlx"]["progress"]["epoch"] if checkpoint else 0)
    trainer = make_trainer(assembly, folder, checkpoint["dlx"]["progress"]["epoch"] if checkpoint else 0)
    fit_began = time.perf_counter()
    try:
        if trainer is not None and settled(assembly, task.network):
            summary["notes"] = ["nothing to descend: the model is solved from the training split, or wholly frozen"]
        elif trainer is not None:
            trainer.fit(task)
        keeper.finish(task)
    except (Interrupted, Diverged, KeyboardInterrupt):
        record.flush()
        keeper.finish(task)
        raise
    finally:
        summary["seconds"]["fit"] = round(time.perf_counter() - fit_began, 3)
        summary["epochs"], summary["steps"] = task.progress.epoch, task.progress.step
        summary["metrics"] |= measuring.over_training()
        record.flush()
    _conclude(assembly, task, summary, record, folder, measuring, hparam_keys)


def settled(assembly: Assembly, network: torch.nn.Module) -> bool:
    """Solve a network that has `solve(inputs, targets)`; tell whether nothing is left for an optimizer to move."""
    if hasattr(network, "solve"):
        with torch.no_grad():
            network.solve(assembly.data.train.inputs, assembly.data.train.targets)  # type: ignore[operator]
    return not any(parameter.requires_grad for parameter in network.parameters())


def _conclude(
    assembly: Assembly,
    task: Task,
    summary: Summary,
    record: Record,
    folder: Path,
    measuring: Measuring,
    hparam_keys: list[str] | None,
) -> None:
    progress = task.progress
    if progress.best is not None:
        summary["best"] = {assembly.monitor: {"value": progress.best[0], "epoch": progress.best[1]}}
    summary["metrics"] |= measuring.at_end(task.network, assembly.data)
    if assembly.trainer.test_weights == "best" and task.best_weights:
        task.network.load_state_dict(task.best_weights)
    task.network.to("cpu" if assembly.trainer.accelerator == "cpu" else task.device)
    metrics, baseline, predictions = evaluate_parts(assembly, task.network)
    summary["metrics"] |= metrics
    summary["baseline"] = baseline
    if record.rows and "train/penalty" in record.rows[-1]:
        summary["metrics"]["train/penalty"] = record.rows[-1]["train/penalty"]
    if predictions:
        np.savez(folder / "predictions.npz", **predictions)  # type: ignore[arg-type]
    record.finish(
        hparams(summary, hparam_keys),
        {k: v for k, v in summary["metrics"].items() if v == v},
        evaluation_picture(assembly, predictions),
    )
    record.close()


def make_trainer(assembly: Assembly, folder: Path, done: int) -> lightning.Trainer | None:
    """Return Lightning's trainer for the epochs that are left, None where there are none."""
    settings = assembly.trainer
    left = settings.max_epochs - done
    if left <= 0:
        return None
    return lightning.Trainer(
        max_epochs=left,
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy=settings.strategy,
        precision=settings.precision,
        default_root_dir=str(folder),
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_val_batches=0,
        use_distributed_sampler=False,
    )


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Set torch's threads inside the block: results may depend on their number."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def git_revision() -> str | None:
    """Return the revision of the checkout that dlx runs from, None where it is installed otherwise."""
    if not (paths.PACKAGE.parent / ".git").exists():
        return None
    done = subprocess.run(
        ["git", "-C", str(paths.PACKAGE.parent), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None


VERSION = dlx.__version__
