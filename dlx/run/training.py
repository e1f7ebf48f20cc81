"""One training of a network in a run: from its first step or its last checkpoint to its evaluation."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn

from dlx.metrics.convergence import still_improving
from dlx.metrics.milestones import milestones
from dlx.nn.layer_table import layer_table
from dlx.results.record import Record
from dlx.run import forgetting
from dlx.run.attempt import Attempt
from dlx.run.evaluate import evaluate_parts, pictures
from dlx.run.logging import RecordLogger
from dlx.run.measure import Measuring
from dlx.step.solve import settle
from dlx.training.checkpoint import Checkpointer
from dlx.training.distributed import further_ranks
from dlx.training.fit import fit
from dlx.training.progress import Diverged, Interrupted
from dlx.training.task import Task

SOLVED = "no training steps: the model is solved from the training split, or entirely frozen"


class Training:
    """Trains, evaluates, and writes the files of a run.

    Args:
        attempt: the run.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt, self.assembly, self.summary = attempt, attempt.assembly, attempt.summary
        self.keeper = Checkpointer(attempt.folder / "checkpoints")
        shown = self.assembly.shows_progress  # by a callback of Lightning's
        self.watcher = None if shown else attempt.watcher

    def run(self, checkpoint: dict[str, Any] | None) -> None:
        """Train and evaluate the network.

        Args:
            checkpoint: the checkpoint to resume from; None to start anew.

        Raises:
            Interrupted: The run was asked to stop; a checkpoint is written.
            Diverged: The loss is not finite or too large; all records so far are written.
        """
        attempt = self.attempt
        with attempt.recorded(checkpoint["dlx"]["progress"]["epoch"] if checkpoint else None) as record:
            measuring = Measuring(self.assembly, [checkpoint["dlx"]["watched"]] if checkpoint else ())
            with attempt.repeatable():
                on_epoch = partial(self._on_epoch, record, measuring)
                task = Task(self.assembly, on_epoch, attempt.interrupted, attempt.repeatable)
                task.watched = measuring.over_training
                self._begin(task, record, measuring, checkpoint)
            if self.watcher is not None:
                self.watcher.start(self.assembly.trainer.max_epochs, task.progress.epoch)
            try:
                self._fit(task, record)
            except Diverged:
                attempt.finish(record, {})
                raise
            finally:
                self.summary["metrics"] |= measuring.over_training()
            with attempt.repeatable():
                self._conclude(task, record, measuring)

    def _begin(self, task: Task, record: Record, measuring: Measuring, checkpoint: dict[str, Any] | None) -> None:
        """Describe and measure the network with its initial weights, and load the checkpoint."""
        network, data = task.network, self.assembly.data
        self.summary["parameters"] = sum(p.numel() for p in network.parameters())
        layers = layer_table(network, data.train)
        self.summary["flops_per_example"] = sum(row.flops for row in layers)
        if checkpoint is None:
            record.graph(layers)
        self.summary["metrics"] |= measuring.at_start(network, data)
        self._on_source(network, "init/")
        if checkpoint is None:
            record.draw(*measuring.first, 0)
        else:
            task.restore(checkpoint)
            self.attempt.log(f"resumed at epoch {task.progress.epoch}, step {task.progress.step}")

    def _on_epoch(self, record: Record, measuring: Measuring, task: Task, row: dict[str, float]) -> None:
        """Record an epoch, and write checkpoints if they are due."""
        measured, drawn = measuring.at_epoch(task)
        record.add({**row, **measured}, *drawn)
        if self.keeper.due():
            self._save(task, record)
        self.attempt.log.epoch(row, self.assembly.trainer.max_epochs)
        if self.watcher is not None:
            self.watcher.epoch(row)

    def _save(self, task: Task, record: Record) -> None:
        """Write checkpoints; the rows of all epochs up to them must be on disk before."""
        record.flush()
        self.keeper.write(task)

    def _fit(self, task: Task, record: Record) -> None:
        """Train the remaining epochs, write checkpoints whatever ends them, and note how far the training came."""
        attempt, left = self.attempt, task.left
        if left > 0 and task.progress.step == 0 and self._settled(task.network):
            left = 0
            self.summary["notes"].append(SOLVED)
        try:
            if left > 0:
                with further_ranks(attempt.folder, self.assembly.trainer.devices, task.progress.step > 0):
                    fit(task, attempt.folder, attempt.signals.listen, () if task.quick else [RecordLogger(record)])
        except Exception:  # write a checkpoint first, whatever the cause
            self._save(task, record)
            raise
        else:
            untrained = task.progress.step == 0  # max_epochs=0: the checkpoint holds the initial weights
            if (left > 0 or untrained) and self.keeper.written < task.progress.step:
                self._save(task, record)
        finally:
            progress = task.progress
            self.summary["seconds"]["fit"] = round(task.seconds, 3)
            self.summary["epochs"], self.summary["steps"] = progress.epoch, progress.step
            if progress.best is not None:
                value, epoch = progress.best
                self.summary["best"] = {self.assembly.recipe.monitor: {"value": value, "epoch": epoch}}

    def _settled(self, network: nn.Module) -> bool:
        """Solve for the weights in closed form where the model has such a form; return whether nothing is left."""
        with self.attempt.repeatable():
            return settle(network, self.assembly.data.train, self.assembly.step().having("penalty"))

    def _conclude(self, task: Task, record: Record, measuring: Measuring) -> None:
        """Measure and evaluate the trained network, and write its predictions and pictures."""
        assembly, summary = self.assembly, self.summary
        if self.attempt.interrupted():
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
        naive = forgetting.naive_on_source(assembly)
        self._on_source(task.network)
        self.attempt.judged(baseline | naive)
        if predictions:
            self.attempt.keep(predictions, sync=False)
        self.attempt.finish(record, pictures(assembly, predictions))

    def _on_source(self, network: nn.Module, prefix: str = "") -> None:
        """Add the metrics on the test split of the run that weights were copied from."""
        found = forgetting.on_source(self.assembly, network)
        self.summary["metrics"] |= {f"{prefix}{name}": value for name, value in found.items()}
