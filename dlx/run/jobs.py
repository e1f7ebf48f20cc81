"""The job of a run: one training, a training for each fold, or a measurement without training."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from dlx.config.parts import typed
from dlx.nn.cost import flops_per_example
from dlx.results.figure import files, raster
from dlx.run import declared
from dlx.run.attempt import Attempt
from dlx.run.evaluate import pictures
from dlx.run.folds import Folds, train_all
from dlx.run.training import Training
from dlx.run.trials import Trials


def make(attempt: Attempt, checkpoint: dict[str, Any] | None) -> None:
    """Run the job of a configuration.

    Args:
        attempt: the run.
        checkpoint: the checkpoint from which a training is resumed; None to start anew.

    Raises:
        Interrupted: The run was asked to stop; a training has written a checkpoint.
        Diverged: The loss is not finite or too large; all records so far are written.
    """
    assembly = attempt.assembly
    attempt.summary["metric_info"] = declared.metric_info(assembly)
    attempt.summary["examples"] = declared.examples(assembly)
    if not assembly.job.is_training():
        with attempt.repeatable():
            measure(attempt)
    elif assembly.examples.all_folds is not None:
        with attempt.repeatable():
            train_folds(attempt, assembly.examples.all_folds)
    else:
        Training(attempt).run(checkpoint)


def measure(attempt: Attempt) -> None:
    """Run a job without training; its metrics are recorded like those of a training."""
    if attempt.watcher is not None:
        attempt.watcher.start(0, 0)
    job, summary = attempt.assembly.job, attempt.summary
    summary["metrics"] |= job.measure(Trials(attempt.assembly, attempt.interrupted))
    figures = {}
    for name, picture in job.pictures().items():
        files(picture.drawing, attempt.folder / name, name)
        figures[f"picture/{name}"] = raster(picture.drawing)
        summary["notes"].append(f"{picture.title}: {name}.svg and {name}.png in the folder of the run")
    if suggested := job.suggests(summary["metrics"]):
        summary["notes"].append(f"train with it: {command_with(summary['overrides'], suggested)}")
    with attempt.recorded() as record:
        attempt.finish(record, figures)


def command_with(overrides: Sequence[str], suggested: Mapping[str, float]) -> str:
    """Return the command that trains with suggested values of keys, instead of the job of a run.

    Args:
        overrides: the overrides of the run.
        suggested: values by key.
    """
    left_out = ("job=", "job.", *(f"{key}=" for key in suggested))
    kept = [word for word in overrides if not word.startswith(left_out)]
    return shlex.join(["dlx", "train", *map(typed, kept), *(f"{key}={value:g}" for key, value in suggested.items())])


def train_folds(attempt: Attempt, folds: int) -> None:
    """Train a network for each fold and pool their test predictions; no checkpoints are written."""
    watcher, summary, assembly = attempt.watcher, attempt.summary, attempt.assembly
    if watcher is not None:
        watcher.start(folds, 0)
    with attempt.recorded() as record:

        def on_fold(gathered: Folds, metrics: dict[str, float]) -> None:
            row = {"epoch": len(gathered.metrics), "step": gathered.steps, **metrics}
            record.add(row)
            attempt.log(f"fold {len(gathered.metrics)} of {folds} done")
            if watcher is not None:
                watcher.epoch({name: row[name] for name in ("epoch", "step", assembly.recipe.monitor) if name in row})

        network = assembly.network()
        summary["parameters"] = sum(p.numel() for p in network.parameters())
        summary["flops_per_example"] = flops_per_example(network, assembly.data.train)
        began = time.perf_counter()
        gathered = train_all(Trials(assembly, attempt.interrupted), folds, on_fold)
        summary["seconds"]["fit"] = round(time.perf_counter() - began, 3)
        if assembly.measures:
            summary["seconds"]["diagnostics"] = round(gathered.seconds, 3)
        summary["epochs"], summary["steps"] = gathered.epochs, gathered.steps
        summary["metrics"], baseline, predictions = gathered.pooled(assembly)
        attempt.judged(baseline)
        if predictions:
            summary["examples"]["test"] = len(predictions["index"])  # the predictions of all folds are pooled
            attempt.keep(predictions)
        attempt.finish(record, pictures(assembly, predictions))
