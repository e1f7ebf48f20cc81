"""One attempt at a run, from its first step or its last checkpoint to its end, interruption or failure."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from dlx.assembly.assembly import Assembly
from dlx.config.parts import typed
from dlx.files import write_whole
from dlx.metrics.convergence import still_improving
from dlx.metrics.milestones import milestones
from dlx.nn.cost import flops_per_example
from dlx.nn.layer_table import layer_table
from dlx.results.figure import files, raster
from dlx.results.log import Log
from dlx.results.looks import look
from dlx.results.record import Record
from dlx.results.summary import Summary, flatten
from dlx.run import declared, forgetting
from dlx.run.evaluate import evaluate_parts, pictures
from dlx.run.folds import Folds, train_all
from dlx.run.logging import RecordLogger, open_loggers
from dlx.run.measure import Measuring
from dlx.run.signals import AtOnce, Signals
from dlx.run.trials import Trials
from dlx.step.solve import settle
from dlx.training.checkpoint import Checkpointer
from dlx.training.distributed import further_ranks
from dlx.training.fit import fit
from dlx.training.progress import Diverged, Interrupted
from dlx.training.task import Task


class Watcher(Protocol):
    """Callbacks while a run trains, such as those of a progress bar."""

    def start(self, epochs: int, resumed: int) -> None:
        """Called before the first epoch, with the total number of epochs and the number of completed ones."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Called after each epoch with its metrics."""

    def end(self, summary: Summary) -> None:
        """Called when the run has ended."""


@dataclass
class Attempt:
    """A run under way: trains or measures, evaluates, and writes the files of the run.

    Attributes:
        assembly: the checked configuration with its parts.
        folder: the folder of the run.
        summary: the summary of the run, filled step by step.
        interrupted: called between two batches; returns True if the run should stop.
        log: the log of the run.
        watcher: notified after each epoch.
        hparam_keys: flat keys for TensorBoard's HPARAMS tab; None for all keys of the run.
        signals: the signals that end what a resumed run repeats at once.
    """

    assembly: Assembly
    folder: Path
    summary: Summary
    interrupted: Callable[[], bool]
    log: Log
    watcher: Watcher | None = None
    hparam_keys: list[str] | None = None
    signals: Signals = field(default_factory=Signals)

    def make(self, checkpoint: dict[str, Any] | None) -> None:
        """Run the job of the configuration: one training, a training for each fold, or a job without training."""
        self.summary["metric_info"] = declared.metric_info(self.assembly)
        self.summary["examples"] = declared.examples(self.assembly)
        if not self.assembly.job.is_training():
            with self.repeatable():
                self.measure()
        elif self.assembly.examples.all_folds is not None:
            with self.repeatable():
                self.train_folds(self.assembly.examples.all_folds)
        else:
            self.train(checkpoint)

    def _record(self, resumed_epoch: int | None = None) -> Record:
        return Record(self.folder, resumed_epoch, partial(open_loggers, self.assembly, self.folder))

    @contextmanager
    def repeatable(self) -> Iterator[None]:
        """Let a signal end the block at once, which a resumed run repeats: an evaluation, a closed-form solution.

        Raises:
            Interrupted: A signal was received before the block or in it.
        """
        try:
            with self.signals.immediate():
                yield
        except AtOnce:
            raise Interrupted from None

    def measure(self) -> None:
        """Run a job without training; its metrics are recorded like those of a training."""
        if self.watcher is not None:
            self.watcher.start(0, 0)
        job = self.assembly.job
        self.summary["metrics"] |= job.measure(Trials(self.assembly, self.interrupted))
        figures = {}
        for name, picture in job.pictures().items():
            files(picture.drawing, self.folder / name, name)
            figures[f"picture/{name}"] = raster(picture.drawing)
            self.summary["notes"].append(f"{picture.title}: {name}.svg and {name}.png in the folder of the run")
        if suggested := job.suggests(self.summary["metrics"]):
            self.summary["notes"].append(f"train with it: {command_with(self.summary['overrides'], suggested)}")
        record = self._record()
        try:
            self._hparams(record, figures)
        finally:
            record.close()

    def train_folds(self, folds: int) -> None:
        """Train a network for each fold and pool their test predictions; no checkpoints are written."""
        if self.watcher is not None:
            self.watcher.start(folds, 0)
        record, summary, assembly = self._record(), self.summary, self.assembly

        def on_fold(gathered: Folds, metrics: dict[str, float]) -> None:
            row = {"epoch": len(gathered.metrics), "step": gathered.steps, **metrics}
            record.add(row)
            self.log(f"fold {len(gathered.metrics)} of {folds} done")
            if self.watcher is not None:
                self.watcher.epoch(
                    {name: row[name] for name in ("epoch", "step", assembly.recipe.monitor) if name in row}
                )

        try:
            network = assembly.network()
            summary["parameters"] = sum(p.numel() for p in network.parameters())
            summary["flops_per_example"] = flops_per_example(network, assembly.data.train)
            began = time.perf_counter()
            gathered = train_all(Trials(assembly, self.interrupted), folds, on_fold)
            summary["seconds"]["fit"] = round(time.perf_counter() - began, 3)
            if assembly.measures:
                summary["seconds"]["diagnostics"] = round(gathered.seconds, 3)
            summary["epochs"], summary["steps"] = gathered.epochs, gathered.steps
            summary["metrics"], summary["baseline"], predictions = gathered.pooled(assembly)
            self._count_look()
            summary["baseline_name"] = assembly.objective.baseline(assembly.data, assembly.data.val)[0]
            if predictions:
                summary["examples"]["test"] = len(predictions["index"])  # the predictions of all folds are pooled
                write_whole(self.folder / "predictions.npz", partial(write_arrays, arrays=predictions))
            self._hparams(record, pictures(assembly, predictions))
        finally:
            record.close()

    def train(self, checkpoint: dict[str, Any] | None) -> None:
        """Train, evaluate and write the files of the run.

        Args:
            checkpoint: the checkpoint to resume from; None to start anew.

        Raises:
            Interrupted: The run was asked to stop; a checkpoint is written.
            Diverged: The loss is not finite or too large; all records so far are written.
        """
        keeper = Checkpointer(self.folder / "checkpoints")
        record = self._record(checkpoint["dlx"]["progress"]["epoch"] if checkpoint else None)
        try:
            measuring = Measuring(self.assembly, [checkpoint["dlx"]["watched"]] if checkpoint else ())
            with self.repeatable():
                on_epoch = partial(self._on_epoch, record, keeper, measuring)
                task = Task(self.assembly, on_epoch, self.interrupted, self.repeatable)
                task.watched = measuring.over_training
                self.summary["parameters"] = sum(p.numel() for p in task.network.parameters())
                layers = layer_table(task.network, self.assembly.data.train)
                self.summary["flops_per_example"] = sum(row.flops for row in layers)
                if checkpoint is None:
                    record.graph(layers)
                self.summary["metrics"] |= measuring.at_start(task.network, self.assembly.data)
                self._on_source(task.network, "init/")
                if checkpoint is None:
                    record.draw(*measuring.first, 0)
                else:
                    task.restore(checkpoint)
                    self.log(f"resumed at epoch {task.progress.epoch}, step {task.progress.step}")
            if self.watcher is not None and not self.assembly.shows_progress:
                self.watcher.start(self.assembly.trainer.max_epochs, task.progress.epoch)
            try:
                self._fit(task, record, keeper)
            except Diverged:
                self._hparams(record, {})
                raise
            finally:
                self.summary["metrics"] |= measuring.over_training()
            with self.repeatable():
                self._conclude(task, record, measuring)
        finally:
            record.close()

    def _on_epoch(
        self, record: Record, keeper: Checkpointer, measuring: Measuring, task: Task, row: dict[str, float]
    ) -> None:
        measured, drawn = measuring.at_epoch(task)
        record.add({**row, **measured}, *drawn)
        if keeper.due():
            record.flush()  # the rows of all epochs up to the checkpoint must be on disk before it
            keeper.write(task)
        self.log.epoch(row, self.assembly.trainer.max_epochs)
        if self.watcher is not None and not self.assembly.shows_progress:
            self.watcher.epoch(row)

    def _fit(self, task: Task, record: Record, keeper: Checkpointer) -> None:
        left = task.left
        if left > 0 and task.progress.step == 0 and self._settled(task.network):
            left, nothing = 0, "no training steps: the model is solved from the training split, or entirely frozen"
            self.summary["notes"].append(nothing)
        try:
            if left > 0:
                with further_ranks(self.folder, self.assembly.trainer.devices, task.progress.step > 0):
                    fit(task, self.folder, self.signals.listen, () if task.quick else [RecordLogger(record)])
        except Exception:  # write a checkpoint first, whatever the cause
            record.flush()
            keeper.write(task)
            raise
        else:
            untrained = task.progress.step == 0  # max_epochs=0: the checkpoint holds the initial weights
            if (left > 0 or untrained) and keeper.written < task.progress.step:
                record.flush()
                keeper.write(task)
        finally:
            progress = task.progress
            self.summary["seconds"]["fit"] = round(task.seconds, 3)
            self.summary["epochs"], self.summary["steps"] = progress.epoch, progress.step
            if progress.best is not None:
                self.summary["best"] = {
                    self.assembly.recipe.monitor: {"value": progress.best[0], "epoch": progress.best[1]},
                }

    def _settled(self, network: torch.nn.Module) -> bool:
        with self.repeatable():
            return settle(network, self.assembly.data.train, self.assembly.step().having("penalty"))

    def _conclude(self, task: Task, record: Record, measuring: Measuring) -> None:
        assembly, summary = self.assembly, self.summary
        if self.interrupted():
            raise Interrupted
        summary["metrics"] |= measuring.at_end(task.network, assembly.data)
        if measuring.measures:
            summary["seconds"]["diagnostics"] = round(measuring.seconds, 3)
        if assembly.trainer.test_weights == "best" and task.best_weights:
            task.network.load_state_dict(task.best_weights)
        task.network.to("cpu" if assembly.trainer.accelerator == "cpu" else task.device)
        metrics, baseline, predictions = evaluate_parts(assembly, task.network)
        better, steps_to = assembly.objective.better, assembly.checked.metrics.steps_to
        summary["metrics"] |= metrics | milestones(record.rows, steps_to, better)
        monitor, longest = assembly.recipe.monitor, len(record.rows) == assembly.trainer.max_epochs
        note = still_improving(record.rows, monitor, better(monitor)) if longest else ""
        summary["notes"] += [note] if note else []
        summary["baseline"] = baseline | forgetting.naive_on_source(assembly)
        self._on_source(task.network)
        self._count_look()
        summary["baseline_name"] = assembly.objective.baseline(assembly.data, assembly.data.val)[0]
        if predictions:
            write_whole(self.folder / "predictions.npz", partial(write_arrays, arrays=predictions), sync=False)
        self._hparams(record, pictures(assembly, predictions))

    def _count_look(self) -> None:
        """Count the evaluation on the test split."""
        if self.assembly.trainer.test:
            look(self.folder, self.assembly.checked.dataset.option, self.assembly.data.hash)

    def _on_source(self, network: torch.nn.Module, prefix: str = "") -> None:
        """Add the metrics on the test split of the run that weights were copied from."""
        found = forgetting.on_source(self.assembly, network)
        self.summary["metrics"] |= {f"{prefix}{name}": value for name, value in found.items()}

    def _hparams(self, record: Record, figures: Mapping[str, np.ndarray]) -> None:
        flat = flatten(self.summary["config"])
        keys = self.hparam_keys or sorted(flat)
        # A number beside the word `none` would make a column of texts, so a key that the run does not have is left out.
        record.finish({key: flat[key] for key in keys if key in flat}, self._finite(), self._headlines(), figures)

    def _finite(self) -> dict[str, float]:
        return {name: value for name, value in self.summary["metrics"].items() if value == value}

    def _headlines(self) -> dict[str, float]:
        """Return the metrics that tables show first, which are the columns beside the hyperparameters."""
        info = self.summary["metric_info"] or {}
        heads = {name for name, about in info.items() if about["headline"]} | {"loss", "generalization_gap"}
        found = {name: value for name, value in self._finite().items() if name.rpartition("/")[2] in heads}
        shown = {name: value for name, value in found.items() if name.count("/") < 2 and not name.startswith("init/")}
        return shown or {name: value for name, value in self._finite().items() if name in info}


def command_with(overrides: Sequence[str], suggested: Mapping[str, float]) -> str:
    """Return the command that trains with suggested values of keys, instead of the job of a run.

    Args:
        overrides: the overrides of the run.
        suggested: values by key.
    """
    left_out = ("job=", "job.", *(f"{key}=" for key in suggested))
    kept = [word for word in overrides if not word.startswith(left_out)]
    return shlex.join(["dlx", "train", *map(typed, kept), *(f"{key}={value:g}" for key, value in suggested.items())])


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as .npz to exactly this path; numpy would append the suffix to a path."""
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
