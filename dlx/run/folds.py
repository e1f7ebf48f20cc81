"""Cross-validation in one run (`dataset.fold=all`): a network for each fold, with pooled predictions (Stone 1974)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dlx.assembly.assembly import Assembly
from dlx.run.evaluate import derived, evaluate_parts
from dlx.run.measure import Measuring
from dlx.run.trials import Trials


@dataclass
class Folds:
    """The results of the folds so far.

    Attributes:
        metrics: the metrics of each fold.
        baseline: the metrics of the naive baseline on each fold.
        predictions: the arrays `prediction`, `target`, `index` and `baseline` of the test split of each fold, in the
            units of the data.
        epochs: total number of epochs.
        steps: total number of training steps.
        seconds: total seconds of the diagnostics.
    """

    metrics: list[dict[str, float]] = field(default_factory=list)
    baseline: list[dict[str, float]] = field(default_factory=list)
    predictions: list[dict[str, np.ndarray]] = field(default_factory=list)
    epochs: int = 0
    steps: int = 0
    seconds: float = 0.0

    def train(self, trials: Trials, fold: int) -> dict[str, float]:
        """Train and test one fold, and return its metrics."""
        assembly = trials.variant({"dataset.fold": fold})
        measuring = Measuring(assembly)
        task = trials.trained(assembly, measuring)
        self.epochs, self.steps = self.epochs + task.progress.epoch, self.steps + task.progress.step
        metrics, baseline, predictions = evaluate_parts(assembly, task.network)
        metrics |= measuring.found
        self.seconds += measuring.seconds
        self.metrics.append(metrics)
        self.baseline.append(baseline)
        if predictions:
            _, naive = assembly.objective.baseline(assembly.data, assembly.data.test)
            kept = assembly.objective.predictions(naive, assembly.data.test, assembly.data)
            predictions["baseline"] = kept["prediction"]
            self.predictions.append(predictions)
        return metrics

    def pooled(self, assembly: Assembly) -> tuple[dict[str, float], dict[str, float], dict[str, np.ndarray]]:
        """Return the metrics of the run, those of its naive baseline, and all test predictions.

        Test metrics are computed on the pooled predictions, which contain every example once; the test loss is the
        mean over the examples. All other metrics are means over the folds. A metric such as `fold_sd/accuracy` is the
        standard deviation of a test metric over the folds.
        """
        metrics, baseline = means(self.metrics), means(self.baseline)
        if not self.predictions:
            return metrics, baseline, {}
        predictions = {name: np.concatenate([fold[name] for fold in self.predictions]) for name in self.predictions[0]}
        sizes = [len(fold["index"]) for fold in self.predictions]
        for found, folds, source in ((metrics, self.metrics, "prediction"), (baseline, self.baseline, "baseline")):
            scores = assembly.objective.judged({**predictions, "prediction": predictions[source]})
            scores["loss"] = float(np.average([fold["test/loss"] for fold in folds], weights=sizes))
            found |= {f"test/{name}": value for name, value in scores.items()}
        spread = {
            f"fold_sd/{name.removeprefix('test/')}": float(np.std([fold[name] for fold in self.metrics], ddof=1))
            for name in self.metrics[0]
            if name.startswith("test/") and all(name in fold for fold in self.metrics)
        }
        return {**derived(metrics, baseline), **spread}, baseline, predictions


def means(folds: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each metric over the folds that have it."""
    names = dict.fromkeys(name for fold in folds for name in fold)
    return {name: float(np.mean([fold[name] for fold in folds if name in fold])) for name in names}


def train_all(trials: Trials, folds: int, on_fold: Callable[[Folds, dict[str, float]], None]) -> Folds:
    """Train the folds one after another; `on_fold` is called with the results so far and the metrics of each fold."""
    gathered = Folds()
    for fold in range(folds):
        metrics = gathered.train(trials, fold)
        on_fold(gathered, metrics)
    return gathered
