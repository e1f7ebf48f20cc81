"""Every model on every dataset that fits it, nothing else chosen, beside the naive baseline and scikit-learn.

    python benchmarks/defaults.py [--models mlp,cnn] [--datasets digits] [--seeds 3] [--rows FILE] [--write]

scikit-learn's nearest counterpart trains on the very same standardized split. `--rows` keeps each row in a file as soon
as it is measured, and measures no row again that stands there: the table can be made in several sittings. `--write`
writes docs/defaults.md. defaults.yaml beside this file says what is cut for time, and why a pair is worse than the
naive baseline or behind scikit-learn, with the words that mend it, which are measured too. Exit code 1 if a pair is
worse or behind and nothing is said of it.
"""

from __future__ import annotations

import argparse
import functools
import math
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from defaults_page import SMALLER, Row, keep_row, kept_rows, line, page, remedy_of, stated
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from dlx import paths
from dlx.assembly.assemble import Assembly, assemble
from dlx.errors import ConfigError
from dlx.run.run import run
from dlx.sweep import register

ROOT = Path(__file__).parent.parent
# A user's own files; no data, and what lives on a surface; data of packages that need not be installed; and models
# whose outputs are compared with no target: pictures and samples.
FILES = ("arrays", "csv", "csv_series", "hub", "image_folder", "parquet", "cifar10", "fashion_mnist", "mnist")
LEFT_OUT = (*FILES, "none", "point", "faces", "penguins", "basic_motions", "gan", "image")


def counterpart(model: str, classes: bool, seed: int) -> Any:
    """Return scikit-learn's nearest estimator with its own defaults."""
    small = {"hidden_layer_sizes": (128, 128), "max_iter": 200, "random_state": seed}
    if model in ("linear", "logistic", "tdnn", "deep_sets"):
        return LogisticRegression(C=1e6, max_iter=1000) if classes else LinearRegression()
    if model == "constant":
        return DummyClassifier() if classes else DummyRegressor()
    if model == "naive_bayes":
        return GaussianNB()
    if model == "polynomial":
        last = LogisticRegression(C=1e6, max_iter=1000) if classes else LinearRegression()
        return make_pipeline(PolynomialFeatures(2), last)
    if model == "random_features":
        last = RidgeClassifier() if classes else Ridge()
        return make_pipeline(RBFSampler(gamma="scale", n_components=1000, random_state=seed), last)
    if model in ("rnn", "lstm", "gru") and not classes:
        return Ridge()
    return MLPClassifier(**small) if classes else MLPRegressor(**small)


@functools.lru_cache(maxsize=2)
def composed(model: str, dataset: str, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Compose the pair with all defaults."""
    words = [f"model={model}", f"dataset={dataset}", *SMALLER.get(dataset, []), *more, "trainer.accelerator=cpu"]
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = OmegaConf.to_container(compose("train", overrides=words), resolve=True)
    assert isinstance(config, dict)
    return config  # type: ignore[return-value]


def theirs(assembly: Assembly, model: str, seed: int) -> float | None:
    """Return the counterpart's test metric on the same split, in the same units; None where it cannot be fitted."""
    data = assembly.data
    if data.spec.target not in ("class", "number", "series"):
        return None
    classes = data.spec.target == "class"
    flat = {name: part.inputs.flatten(1).double().numpy() for name, part in data.splits().items()}
    target = data.train.targets.numpy() if classes else data.train.targets[:, :].double().numpy()
    estimator = counterpart(model, classes, seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(flat["train"], target if classes or target.shape[1] > 1 else target[:, 0])
            predicted = estimator.predict(flat["test"])
    except (ValueError, MemoryError):
        return None
    if classes:
        return float(np.mean(predicted == data.test.targets.numpy()))
    units = data.units
    restored = units.restore(torch.from_numpy(predicted.reshape(len(predicted), -1)))
    truth = units.restore(data.test.targets.double())
    return float((restored - truth).square().mean())


def judged_by(assembly: Assembly) -> tuple[str, bool]:
    """Return the metric of the table, the mean squared error or else the first headline, and whether more is better."""
    known = assembly.objective.metric_info
    name = "mse" if "mse" in known else next(name for name, info in known.items() if info.headline)
    return name, known[name].better == "max"


def measure(model: str, dataset: str, seeds: int) -> Row | None:
    """Train a pair with several seeds; None where the model does not fit the data."""
    row: Row | None = None
    for seed in range(seeds):
        config = {**composed(model, dataset), "seed": seed}
        try:
            assembly = assemble(config)
        except ConfigError:
            return None
        name, higher = judged_by(assembly)
        metric = f"test/{name}"
        row = row or Row(model, dataset, metric, higher)
        began = time.process_time()
        summary = trained(config)
        row.seconds.append(time.process_time() - began)
        if metric not in summary["metrics"]:
            row.note = f"{summary['status']}: {summary['error']}"
            return row
        row.ours.append(summary["metrics"][metric])
        if metric in summary["baseline"]:
            row.naive.append(summary["baseline"][metric])
        other = theirs(assembly, model, seed)
        if other is not None:
            row.theirs.append(other)
    if row is not None and len(row.theirs) != len(row.ours):
        row.theirs = []
    return row


def mend(row: Row) -> None:
    """Measure a pair that is behind or worse under the words that are said to mend it."""
    row.remedy, row.remedied = remedy_of(row), []
    for seed in range(len(row.ours)):
        metrics = trained({**composed(row.model, row.dataset, tuple(row.remedy)), "seed": seed})["metrics"]
        row.remedied.append(metrics.get(row.metric, math.nan))


def trained(config: dict[str, Any]) -> dict[str, Any]:
    """Return the summary of a run in a folder that is removed."""
    with tempfile.TemporaryDirectory() as place:
        return run(config, Path(place) / "run")


def options(group: str) -> list[str]:
    """Return the shipped options of a group."""
    files = sorted((paths.shipped("conf") / group).glob("*.yaml"))
    return [file.stem for file in files if not file.stem.startswith("_") and file.stem not in LEFT_OUT]


def main() -> int:
    """Measure all pairs and print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed: Callable[[str], list[str]] = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--models", type=listed, default=options("model"))
    parser.add_argument("--datasets", type=listed, default=options("dataset"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    register.register()
    kept = kept_rows(arguments.rows)
    for model in arguments.models:
        for dataset in arguments.datasets:
            if (model, dataset) in kept:
                continue
            row = kept[model, dataset] = measure(model, dataset, arguments.seeds)
            keep_row(arguments.rows, model, dataset, row)
            if row is not None:
                print(line(row), flush=True)
    for (model, dataset), row in sorted(kept.items()):
        if row is not None and row.ours and remedy_of(row) and row.remedy != remedy_of(row):
            mend(row)
            keep_row(arguments.rows, model, dataset, row)
            print(line(row), flush=True)
    rows = [kept[pair] for pair in sorted(kept)]
    fitting = [row for row in rows if row is not None]
    if arguments.write:
        text = page(fitting, arguments.seeds, options("model"))
        (ROOT / "docs" / "defaults.md").write_text(text, encoding="utf-8")
    bad = [row for row in fitting if not row.ours or (row.worse_than_naive() and not stated(row, "cannot")["why"])]
    unknown = [row for row in fitting if row.ours and row.behind() and not stated(row, "behind")["why"]]
    print(f"{len(fitting)} pairs, {len(bad)} worse than the naive baseline without a reason")
    print(
        f"{len(unknown)} behind scikit-learn without a reason: {', '.join(f'{r.model} {r.dataset}' for r in unknown)}"
    )
    return 1 if bad or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
