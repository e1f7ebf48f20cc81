"""Every model on every dataset that fits it, nothing else chosen, beside the naive baseline and scikit-learn.

    python benchmarks/defaults.py [--models mlp,cnn] [--datasets digits] [--seeds 3] [--rows FILE] [--write]

scikit-learn's nearest counterpart trains on the very same standardised split. `--rows` keeps each row in a file as soon
as it is measured, and measures no row again that stands there: the table can be made in several sittings. `--write`
writes docs/defaults.md. Exit code 1 if a default is worse than the naive baseline and the pair is not listed as one
that cannot do better.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from dlx import hydra_plugins, paths
from dlx.assemble import Assembly, assemble
from dlx.errors import ConfigError
from dlx.run import run

ROOT = Path(__file__).parent.parent
OWN_FILES = ("csv", "csv_series")

# Smaller than their defaults, so that the whole table takes minutes: said on the page.
SMALLER = {
    "adding": ("dataset.examples=1000",),
    "copy_memory": ("dataset.examples=1000",),
    "delayed_recall": ("dataset.examples=1000",),
    "flip_flop": ("dataset.examples=1000",),
    "latch": ("dataset.examples=1000",),
    "temporal_order": ("dataset.examples=1000",),
    "ar1": ("dataset.length=1000",),
    "ar2": ("dataset.length=1000",),
    "random_walk": ("dataset.length=1000",),
    "white_noise": ("dataset.length=1000",),
    "sample_images": ("dataset.crop=64",),
}

# Pairs that cannot beat the naive baseline, and why; filled from what the study of each showed.
CANNOT: dict[tuple[str, str], str] = {
    ("constant", "*"): "it is the naive baseline itself; a series it does not even follow",
    ("*", "bernoulli"): "tosses do not depend on the input: the mean is the best answer",
    ("linear", "logic"): "the two classes of XOR are not linearly separable",
    ("logistic", "logic"): "the two classes of XOR are not linearly separable",
    ("naive_bayes", "logic"): "in XOR each input alone is equal in both classes",
    ("random_features", "adding"): "30 random features hold no products of 40 numbers and marks",
    ("random_features", "ar1"): "30 random features of 24 values lose the last one, which alone tells",
    ("random_features", "sunspots"): "30 random features of 24 values lose the last ones, which tell most",
    ("tdnn", "copy_memory"): "what is to be recalled lies before its window of 8 steps",
    ("tdnn", "temporal_order"): "what is to be told apart lies before its window of 8 steps",
    ("linear", "adding"): "the sum of the marked numbers is no linear function of numbers and marks",
    ("*", "white_noise"): "no value tells anything of the next one",
    ("*", "random_walk"): "the last value is the best forecast there is",
}

# Pairs that could beat it and do not, why, and the words under which they do: they are run beside it as evidence.
WORSE: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("mlp", "ar1"): (
        "of its 24 values the last alone tells, and it learns the noise of the others, from a series cut to 1000; the "
        "best there is is 1",
        ("dataset.context_length=1",),
    ),
}

# Why a pair is behind scikit-learn, and the words that close the gap: they are run beside it as evidence.
BEHIND: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("linear", "wilson"): (
        "Adam's steps have equal size for each feature, which here is wrong (Wilson et al. 2017)",
        (),
    ),
    ("linear", "*"): ("100 epochs of Adam at 1e-3 stop short of the least squares", ("optimizer.lr=0.02",)),
    ("random_features", "*"): ("30 features are few; rectifiers are no radial functions", ("model.features=300",)),
    ("tdnn", "co2"): ("its window of 8 weeks is a part of the year", ("model.window=52",)),
    ("tdnn", "elnino"): (
        "the law is nearly linear and longer than its window of 8 months, and its steps stop short of the minimum",
        ("model.window=24", "activation=identity", "optimizer.lr=0.005"),
    ),
    ("tdnn", "nile"): ("the law is nearly linear: from so few years rectifiers learn noise", ("activation=identity",)),
    ("tdnn", "delayed_recall"): ("least squares find the exact answer, steps come near it", ()),
    ("tdnn", "latch"): ("the signal lies before its window of 8 steps", ("model.window=20",)),
    ("tdnn", "shapes"): ("it reads the last 8 of 16 rows", ("model.window=16",)),
    ("tdnn", "copy_memory"): ("what is to be recalled lies before its window of 8 steps", ()),
    ("tdnn", "temporal_order"): ("what is to be told apart lies before its window of 8 steps", ()),
    ("logistic", "wilson"): ("as for model=linear", ()),
    ("logistic", "*"): ("100 epochs of Adam at 1e-3 stop short of the maximum", ("optimizer.lr=0.02",)),
}


@dataclass
class Row:
    """One model on one dataset."""

    model: str
    dataset: str
    metric: str
    ours: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    remedied: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def higher(self) -> bool:
        """Tell whether more is better."""
        return self.metric == "test/accuracy"

    def worse_than_naive(self) -> bool:
        """Tell whether the mean over seeds is worse than the naive baseline."""
        ours, naive = statistics.mean(self.ours), statistics.mean(self.naive)
        return ours < naive if self.higher else ours > naive

    def behind(self) -> bool:
        """Tell whether scikit-learn is ahead by more than two standard errors and 0.01 accuracy, or 5 % MSE."""
        if not self.theirs:
            return False
        gaps = [t - o if self.higher else o - t for o, t in zip(self.ours, self.theirs, strict=True)]
        error = statistics.stdev(gaps) / len(gaps) ** 0.5 if len(gaps) > 1 else 0.0
        least = 0.01 if self.higher else 0.05 * statistics.mean(self.theirs)
        return statistics.mean(gaps) > max(2 * error, least)


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
        return make_pipeline(PolynomialFeatures(3), last)
    if model == "random_features":
        last = RidgeClassifier(alpha=1e-3) if classes else Ridge(alpha=1e-3)
        return make_pipeline(RBFSampler(gamma="scale", n_components=30, random_state=seed), last)
    if model in ("rnn", "lstm", "gru") and not classes:
        return Ridge()
    return MLPClassifier(**small) if classes else MLPRegressor(**small)


@functools.lru_cache(maxsize=2)
def composed(model: str, dataset: str, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Compose the pair with all defaults."""
    words = [f"model={model}", f"dataset={dataset}", *SMALLER.get(dataset, ()), *more, "trainer.accelerator=cpu"]
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = OmegaConf.to_container(compose("train", overrides=words), resolve=True)
    assert isinstance(config, dict)
    return config  # type: ignore[return-value]


def theirs(assembly: Assembly, model: str, seed: int) -> float | None:
    """Return the counterpart's test metric on the same split, in the same units; None where it cannot be fitted."""
    data = assembly.data
    classes = data.spec.target == "class"
    flat = {name: part.inputs.flatten(1).double().numpy() for name, part in data.parts().items()}
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


def measure(model: str, dataset: str, seeds: int) -> Row | None:
    """Train a pair with several seeds; None where the model does not fit the data."""
    row: Row | None = None
    for seed in range(seeds):
        config = {**composed(model, dataset), "seed": seed}
        try:
            assembly = assemble(config)
        except ConfigError:
            return None
        metric = "test/accuracy" if assembly.data.spec.target == "class" else "test/mse"
        row = row or Row(model, dataset, metric)
        began = time.process_time()
        summary = trained(config)
        row.seconds.append(time.process_time() - began)
        if metric not in summary["metrics"]:
            row.note = f"{summary['status']}: {summary['error']}"
            return row
        row.ours.append(summary["metrics"][metric])
        row.naive.append(summary["baseline"][metric])
        other = theirs(assembly, model, seed)
        if other is not None:
            row.theirs.append(other)
    if row is not None and len(row.theirs) != len(row.ours):
        row.theirs = []
    return row


def remedy(row: Row) -> None:
    """Measure a pair that is behind or worse under the words that are said to close the gap."""
    words = remedy_of(row)
    for seed in range(len(row.ours)):
        metrics = trained({**composed(row.model, row.dataset, words), "seed": seed})["metrics"]
        row.remedied.append(metrics.get(row.metric, math.nan))


def trained(config: dict[str, Any]) -> dict[str, Any]:
    """Return the summary of a run in a folder that is removed."""
    with tempfile.TemporaryDirectory() as place:
        return run(config, Path(place) / "run")


def behind(row: Row) -> tuple[str, tuple[str, ...]]:
    """Return why a pair is behind scikit-learn and what would close the gap."""
    keys = ((row.model, row.dataset), (row.model, "*"), ("*", row.dataset))
    return next((BEHIND[key] for key in keys if key in BEHIND), ("", ()))


def reason(row: Row) -> str:
    """Return why a pair cannot beat the naive baseline, or does not, or nothing."""
    if (row.model, row.dataset) in WORSE:
        return WORSE[row.model, row.dataset][0]
    keys = ((row.model, row.dataset), (row.model, "*"), ("*", row.dataset))
    return next((CANNOT[key] for key in keys if key in CANNOT), "")


def remedy_of(row: Row) -> tuple[str, ...]:
    """Return the words that are said to close a gap to scikit-learn, else to the naive baseline."""
    if row.behind():
        return behind(row)[1]
    return WORSE.get((row.model, row.dataset), ("", ()))[1] if row.worse_than_naive() else ()


def line(row: Row) -> str:
    """Write a row of the page."""
    if not row.ours:
        return f"| {row.model} | {row.dataset} | {row.metric} | | | | | {row.note} |"
    mended = f"; with {' '.join(remedy_of(row))}: {statistics.mean(row.remedied):.4g}" if row.remedied else ""
    marks = []
    if row.worse_than_naive():
        mark = "worse than naive" if (row.model, row.dataset) in WORSE else "*cannot*"
        marks.append(f"{mark}: {reason(row)}" if reason(row) else "**worse than the naive baseline**")
    if row.behind():
        why = behind(row)[0]
        marks.append(f"behind scikit-learn: {why}" if why else "**behind scikit-learn**")
    sd = statistics.stdev(row.ours) if len(row.ours) > 1 else 0.0
    other = f"{statistics.mean(row.theirs):.4g}" if row.theirs else ""
    ours = f"{statistics.mean(row.ours):.4g} ± {sd:.2g}"
    return (
        f"| {row.model} | {row.dataset} | {row.metric} | {ours} | {statistics.mean(row.naive):.4g} | {other} "
        f"| {statistics.mean(row.seconds):.1f} | {'; '.join(marks)}{mended} |"
    )


def options(group: str) -> list[str]:
    """Return the shipped options of a group."""
    files = sorted((paths.shipped("conf") / group).glob("*.yaml"))
    return [file.stem for file in files if not file.stem.startswith("_") and file.stem not in OWN_FILES]


def kept_rows(file: Path | None) -> dict[tuple[str, str], Row | None]:
    """Return what a file of rows holds: a row, or null for a pair that does not fit."""
    if file is None or not file.is_file():
        return {}
    found = (json.loads(text) for text in file.read_text(encoding="utf-8").splitlines())
    return {(model, dataset): Row(**row) if row else None for model, dataset, row in found}


def keep_row(file: Path | None, model: str, dataset: str, row: Row | None) -> None:
    """Append a row to the file of rows; a later one of the same pair stands for it."""
    if file is not None:
        with file.open("a", encoding="utf-8") as rows:
            rows.write(json.dumps([model, dataset, row and asdict(row)]) + "\n")


def page(rows: list[Row], seeds: int) -> str:
    """Write the table as Markdown, with what was cut and how many pairs are how good."""
    ahead = sum(not row.worse_than_naive() for row in rows if row.ours)
    known = sum(row.worse_than_naive() and bool(reason(row)) for row in rows if row.ours)
    behind_them = [row for row in rows if row.ours and row.behind()]
    cut = ", ".join(f"{dataset} ({' '.join(words)})" for dataset, words in SMALLER.items())
    head = [
        "# Defaults",
        "",
        f"Made by `python benchmarks/defaults.py --write`: {', '.join(sorted({row.model for row in rows}))} on the "
        "datasets that fit them, as far as they are listed, "
        f"{seeds} seeds, nothing else chosen; mean ± sd on the test split, beside the naive baseline "
        "and scikit-learn's nearest counterpart on the same split. Seconds are of CPU, for one run.",
        "",
        f"Of {len(rows)} pairs {ahead} are at least as good as the naive baseline, {known} are worse for a reason "
        f"(marked, with it), {len(rows) - ahead - known} are worse without a reason. {len(behind_them)} are behind "
        "scikit-learn by more than two standard errors and 0.01 accuracy or 5 % MSE: marked, with the reason and, "
        "where a choice closes the gap, the figure under that choice.",
        "",
        f"Cut for time: {cut}.",
        "",
        "| model | dataset | metric | dlx | naive | scikit-learn | seconds | |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    return "\n".join([*head, *map(line, rows)]) + "\n"


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
    hydra_plugins.register()
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
        if row is not None and row.ours and remedy_of(row) and not row.remedied:
            remedy(row)
            keep_row(arguments.rows, model, dataset, row)
            print(line(row), flush=True)
    rows = [kept[pair] for pair in sorted(kept)]
    fitting = [row for row in rows if row is not None]
    if arguments.write:
        text = page(fitting, arguments.seeds)
        (ROOT / "docs" / "defaults.md").write_text(text, encoding="utf-8")
    bad = [row for row in fitting if not row.ours or (row.worse_than_naive() and not reason(row))]
    unknown = [row for row in fitting if row.ours and row.behind() and not behind(row)[0]]
    print(f"{len(fitting)} pairs, {len(bad)} worse than the naive baseline without a reason")
    print(
        f"{len(unknown)} behind scikit-learn without a reason: {', '.join(f'{r.model} {r.dataset}' for r in unknown)}"
    )
    return 1 if bad or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
