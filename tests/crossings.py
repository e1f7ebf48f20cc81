"""Every pair of options of every two groups, for one training step: trains, or is refused with a reason.

    make crossings                              all pairs, in one process; writes docs/crossings.md
    python -m tests.crossings --processes 2     the same, shared by two

A pair that ends in anything but a finished run or a ConfigError is a bug; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import multiprocessing
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from dlx import paths
from dlx.contracts.job import NoAnswer
from dlx.errors import ConfigError
from dlx.files import write_whole
from dlx.run.run import run
from tests.conftest import compose_config

ROOT = Path(__file__).parent.parent
NOT_CROSSED = ("streams", "metrics", "experiment", "hydra")
QUICK = (
    "trainer.max_epochs=1",
    "trainer.max_steps=1",
    "trainer.devices=1",
    "dataset.split=[0.2,0.1,0.1]",  # less to evaluate
)
HERE = ("trainer.accelerator=cpu",)  # unless the pair itself chooses a trainer
FEW_DATA = {  # keys that make an option's run short: fewer examples, fewer repetitions, nothing else
    "examples": "200",
    "coins": "200",
    "length": "200",
    "crop": "64",
    "repeats": "2",
    "resamples": "2",
    "models": "2",
    "queries": "50",
    "draws": "2",
}
HUB = ("hub", "mnist", "fashion_mnist", "cifar10")  # datasets of the Hugging Face hub
# Their length is that of one example.
SHORT_SEQUENCES = ("adding", "delayed_recall", "flip_flop", "latch", "reversal", "sorting", "temporal_order")
HOMES = {  # where an option is at home that does not fit the plain run, an mlp on digits; tried where that is refused
    "augmentation": ("dataset=digits",),
    "augmentation=color": ("dataset=sample_images",),
    "dataset=none": ("model=point", "objective=surface"),
    "dataset=reversal": ("model=transformer",),
    "dataset=style_pair": ("model=image",),
    "dataset=sorting": ("model=gru",),
    "diagnostics=cam": ("model=cnn", "model.head=global_avg", "dataset=shapes"),
    "diagnostics=codes": ("model=autoencoder",),
    "diagnostics=filters": ("model=cnn",),
    "diagnostics=checkerboard": ("model=unet", "objective=reconstruction"),
    "diagnostics=grad_cam": ("model=cnn",),
    "diagnostics=decision_boundary": ("dataset=moons",),
    "diagnostics=fitted_curve": ("dataset=polynomial_curve",),
    "diagnostics=forecast": ("dataset=sunspots",),
    "diagnostics=attention": ("model=transformer", "dataset=reversal"),
    "diagnostics=gates": ("model=lstm", "dataset=latch"),
    "diagnostics=probe": ("model=rnn", "dataset=latch"),
    "diagnostics=state_swap": ("model=rnn", "dataset=latch"),
    "diagnostics=receptive_field": ("model=cnn",),
    "diagnostics=stationarity": ("dataset=sunspots",),
    "initializer=edges": ("model=cnn",),
    "model=unet": ("objective=segmentation", "dataset=shapes"),
    "normalization=instance": ("model=cnn",),
    "objective=forecasting": ("dataset=sunspots",),
    "objective=regression": ("dataset=diabetes",),
    "objective=multi_task": ("dataset=teacher",),
    "objective=sequence_labeling": ("model=transformer", "dataset=reversal"),
    "objective=broadcast": ("dataset=diabetes",),
    "objective=sequence_to_sequence": ("model=seq2seq",),
    "dataset=translation": ("model=seq2seq",),
    "dataset=text": ("model=gru",),
    "objective=language_model": ("model=gru", "dataset=text"),
    "diagnostics=samples": ("model=gru", "dataset=text"),
    "diagnostics=alignment": ("model=seq2seq", "dataset=translation"),
    "objective=multi_label": ("dataset=shapes",),
    "objective=detection": ("model=cnn", "dataset=shapes"),
    "objective=restoration": ("model=cnn", "model.pooling=none"),
    "objective=style": ("model=image",),
    "objective=segmentation": ("model=unet", "dataset=shapes"),
    "objective=variational": ("model=vae",),
    "objective=surface": ("model=point",),
    "objective=adversarial": ("model=gan", "dataset=gaussians8"),
    "optimizer=closed_form": ("model=linear", "dataset=diabetes"),
    "regularizer=beta_prior": ("model=bernoulli",),
}
KEYS: dict[str, Any] = {  # crossed with whole choices
    "dataset.folds": 3,
    "dataset.batch_size": 7,
    "trainer.accumulate": 2,
    "trainer.precision": "64-true",
    "trainer.test_weights": "best",
    "trainer.truncated_bptt_steps": 5,
    "model.frozen": [1],
    "seed": 3,
}
MEMORY = Path("/dev/shm")  # waiting for a disk to sync would take longer than all else
Pair = tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of a pair: `trains`, `refused` or `broken`, and why."""

    pair: Pair
    status: str
    reason: str = ""
    home: tuple[str, ...] = ()


def groups() -> dict[str, list[str]]:
    """Return the options of every group of conf/, in the order of the alphabet."""
    found: dict[str, list[str]] = {}
    for folder in sorted(path for path in paths.shipped("conf").iterdir() if path.is_dir()):
        if folder.name not in NOT_CROSSED:
            found[folder.name] = sorted(file.stem for file in folder.glob("*.yaml") if not file.stem.startswith("_"))
    return found


def pairs() -> Iterator[Pair]:
    """Yield every pair of options of two groups."""
    for (first, ours), (second, theirs) in itertools.combinations(groups().items(), 2):
        for one, other in itertools.product(ours, theirs):
            yield f"{first}={one}", f"{second}={other}"


def whole_choice(draw: random.Random) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Draw an option of every group at once, up to three of the list groups, and a few keys with their values.

    Drawn without regard to the others most would be refused, so the data are mostly images or sequences.
    """
    every = groups()
    chosen = {group: draw.choice(options) for group, options in every.items() if group not in ("job", "objective")}
    chosen["dataset"] = draw.choice([*every["dataset"], *(["digits", "shapes", "latch", "sunspots", "adding"] * 8)])
    chosen["trainer"] = draw.choice(["default", "cpu", "debug"])
    if chosen["dataset"] not in ("digits", "shapes", "sample_images"):
        chosen["augmentation"] = "none"
    for group in ("regularizer", "augmentation", "diagnostics"):
        known = [name for name in every[group] if name not in ("none", "full")]
        members = draw.sample(known, draw.randint(0, 3)) if chosen[group] != "none" else []
        chosen[group] = "full" if group == "diagnostics" and len(members) > 1 else f"[{','.join(members)}]"
    keys = {key: value for key, value in KEYS.items() if draw.random() < 0.15}
    return tuple(f"{group}={name}" for group, name in chosen.items()), keys


def here(options: tuple[str, ...]) -> tuple[str, ...]:
    """Return the device that is here, unless a trainer is chosen."""
    return () if any(option.startswith("trainer=") for option in options) else HERE


def companions(option: str, folder: Path) -> tuple[str, ...]:
    """Return what an option needs beside itself: a file where it reads one, and keys that make its run short."""
    if option == "dataset=csv":
        return f"dataset.path={table(folder)}", "dataset.target=y"
    if option == "dataset=parquet":
        return f"dataset.path={parquet(folder)}", "dataset.target=y"
    if option == "dataset=csv_series":
        return (f"dataset.path={series(folder)}",)
    if option in ("dataset=image_folder", *(f"dataset={name}" for name in HUB)):  # a local copy of the same layout
        return (f"dataset.path={pictures(folder)}",)
    if option == "dataset=arrays":
        return (f"dataset.path={archive(folder)}",)
    group, _, name = option.partition("=")
    if group == "transfer" and name != "none":
        return (f"transfer.source={source(folder)}",)
    if group not in ("dataset", "job"):
        return ()
    keys = yaml.safe_load((paths.shipped("conf") / group / f"{name}.yaml").read_text(encoding="utf-8"))
    left = {key: value for key, value in FEW_DATA.items() if key in keys}
    if name in SHORT_SEQUENCES:
        left.pop("length")
    return tuple(f"{group}.{key}={value}" for key, value in left.items())


@cache
def table(folder: Path) -> Path:
    """Write a small table of two classes and return its path."""
    file = folder / "table.csv"
    random = np.random.default_rng(0)
    rows = random.normal(size=(120, 3))
    lines = [",".join(f"{value:.4f}" for value in row) + f",{'yes' if row.sum() > 0 else 'no'}" for row in rows]
    file.write_text("\n".join(["a,b,c,y", *lines]) + "\n")
    return file


@cache
def parquet(folder: Path) -> Path:
    """Write the table as a parquet file and return its path; without pyarrow a file that is refused for lack of it."""
    file = folder / "table.parquet"
    if find_spec("pyarrow") is None:
        file.write_bytes(b"PAR1")
    else:
        pd.read_csv(table(folder)).to_parquet(file)
    return file


@cache
def series(folder: Path) -> Path:
    """Write a small series and return its path."""
    file = folder / "series.csv"
    values = np.sin(np.arange(200) / 5) + np.random.default_rng(0).normal(scale=0.1, size=200)
    file.write_text("\n".join(["value", *(f"{value:.4f}" for value in values)]) + "\n")
    return file


@cache
def pictures(folder: Path) -> Path:
    """Write small pictures of two classes and return their folder."""
    random = np.random.default_rng(0)
    for number in range(60):
        place = folder / "pictures" / ("dark", "light")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        values = random.integers(0, 128, (8, 8)) + 120 * (number % 2)
        Image.fromarray(values.astype(np.uint8)).save(place / f"{number}.png")
    return folder / "pictures"


@cache
def archive(folder: Path) -> Path:
    """Write vectors of two classes as an archive of arrays and return its path."""
    file = folder / "arrays.npz"
    values = np.random.default_rng(0).normal(size=(60, 16)) + np.arange(60)[:, None] % 2
    np.savez(file, x=values, y=np.arange(60) % 2)
    return file


@cache
def source(folder: Path) -> Path:
    """Run the plain configuration, whose weights a transfer can start from, and return its folder."""
    run(compose_config(*QUICK, *HERE), folder / "source", raises=True)
    return folder / "source"


@cache
def composed(*words: str) -> dict[str, Any]:
    """Compose once; the result is not to be changed."""
    return compose_config(*QUICK, *words)


def changed(option: str, extra: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Return the top-level nodes that an option changes, and its own group's in any case."""
    plain = composed(*extra)
    nodes = composed(option, *companions(option, folder), *extra)
    return {key: node for key, node in nodes.items() if node != plain[key] or key == option.split("=")[0]}


def configuration(options: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Compose options of different groups.

    Hydra takes a tenth of a second. Where the options change different nodes their changes are put together, which
    gives the same; where two change one (a model that picks its dataset, and a dataset) or one is a key, Hydra decides.
    """
    extra = here(options)
    if any("." in option.split("=")[0] for option in options):
        return compose_config(*QUICK, *words(options, folder))
    whole = dict(composed(*extra))
    seen: set[str] = set()
    for option in options:
        nodes = changed(option, extra, folder)
        if seen & nodes.keys():
            return compose_config(*QUICK, *words(options, folder))
        seen |= nodes.keys()
        whole |= nodes
    return copy.deepcopy(whole)


def words(options: tuple[str, ...], folder: Path) -> list[str]:
    """Return what is typed for options."""
    return [*options, *(word for option in options for word in companions(option, folder)), *here(options)]


def home(pair: Pair) -> tuple[str, ...]:
    """Return the further choices under which a pair has a meaning; none where its options are at home apart."""
    chosen = dict(word.split("=") for word in pair)
    found: dict[str, str] = {}
    for option in pair:
        for word in HOMES.get(option, HOMES.get(option.split("=")[0], ())):
            group, name = word.split("=")
            if option.endswith("=none") and group == "dataset":
                continue
            if found.setdefault(group, name) != name:
                return ()
    keys = {path for path in found if "." in path}  # of use only with the option of the home itself
    lost = {path for path in keys if chosen.get(group := path.split(".")[0], found[group]) != found[group]}
    return tuple(f"{path}={name}" for path, name in found.items() if path not in chosen and path not in lost)


def attempt(pair: Pair, folder: Path) -> Outcome:
    """Train a pair for one step; one that the plain run refuses is tried once more where it is at home."""
    outcome = tried(pair, configuration(pair, folder), folder)
    further = home(pair)
    if outcome.status != "refused" or not further:
        return outcome
    return replace(tried(pair, configuration((*further, *pair), folder), folder), home=further)


def tried(pair: Pair, config: dict[str, Any], folder: Path) -> Outcome:
    """Run a configuration in a folder that is emptied afterwards."""
    place = folder / "run"
    try:
        summary = run(config, place, raises=True)
    except (ConfigError, NoAnswer) as error:
        return Outcome(pair, "refused", str(error))
    except Exception as error:
        return Outcome(pair, "broken", f"{type(error).__name__}: {error}")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if summary["status"] in ("finished", "diverged"):
        return Outcome(pair, "trains", "" if summary["status"] == "finished" else "diverged in the first step")
    return Outcome(pair, "broken", f"{summary['status']}: {summary['error']}")


def page(outcomes: list[Outcome], took: str) -> str:
    """Write the outcomes as Markdown: a matrix of counts, and every reason of a refusal with its pairs."""
    count = Counter(outcome.status for outcome in outcomes)
    moved = sum(bool(outcome.home) for outcome in outcomes if outcome.status == "trains")
    lines = [
        "# Crossings",
        "",
        f"Made by `make crossings`: {len(outcomes):,} pairs, every option of a group with every option of every other. "
        f"{count['trains']:,} train, {count['refused']:,} are refused with a reason, {count['broken']} end in a "
        f"traceback. {took}",
        "",
        "Each pair is one run of one training step on the CPU, on a tenth or two of the data and with few repetitions "
        "of a job; all else is the plain run's, an mlp on digits. Where that is refused the pair is tried once more "
        f"where its options are at home ({moved:,} train there):",
        "",
        *(f"- {option} with {', '.join(home)}" for option, home in HOMES.items()),
        "",
        "## Pairs that train, of all",
        "",
        *matrix(outcomes),
    ]
    for status, title in (("broken", "Broken"), ("refused", "Refused, and why")):
        reasons: dict[str, list[Pair]] = defaultdict(list)
        for outcome in outcomes:
            if outcome.status == status:
                reasons[general(outcome)].append(outcome.pair)
        lines += ["", f"## {title}", "", "`…` is the option, `n` a number.", ""] if reasons else []
        ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
        lines += [f"- **{reason}** ({len(members):,}): {'; '.join(cover(members))}" for reason, members in ordered]
    return "\n".join(lines).rstrip() + "\n"


def matrix(outcomes: list[Outcome]) -> list[str]:
    """Return a table of groups by groups: how many pairs train, of how many."""
    cells: dict[Pair, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        first, second = (word.split("=")[0] for word in outcome.pair)
        cells[first, second].append(outcome.status == "trains")
    rows = list(dict.fromkeys(first for first, _ in cells))
    columns = list(dict.fromkeys(second for _, second in cells))
    table = ["| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for first in rows:
        found = [cells.get((first, second), []) for second in columns]
        table.append(f"| {first} | " + " | ".join(f"{sum(cell)}/{len(cell)}" if cell else "" for cell in found) + " |")
    return table


def cover(members: list[Pair]) -> list[str]:
    """Say which pairs these are: the option with most of them first, a whole group as `every`."""
    every, left, said = groups(), list(members), []
    while left:
        option = Counter(word for pair in left for word in pair).most_common(1)[0][0]
        partners: dict[str, list[str]] = defaultdict(list)
        for pair in left:
            if option in pair:
                group, name = pair[pair[0] == option].split("=")
                partners[group].append(name)
        left = [pair for pair in left if option not in pair]
        named = [
            f"every {group}" if len(names) == len(every[group]) else f"{group}={','.join(names)}"
            for group, names in partners.items()
        ]
        said.append(f"{option} with {', '.join(named)}")
    return said


def general(outcome: Outcome) -> str:
    """Return the reason without the numbers that vary from pair to pair, so that equal reasons stand together."""
    text = outcome.reason.splitlines()[0].split("; try ")[0].replace(sys.executable, "python")
    text = re.sub(r"\S*/tmp[^/\s]*/", "", text)  # the folder of this process
    for word in (*outcome.pair, *outcome.home):
        group, name = word.split("=")
        text = re.sub(rf"\b{group}[=.]{name}\b", f"{group}=…", text)
        text = re.sub(rf"\b{name}\b", "…", text) if word in outcome.pair else text
    return re.sub(r"\s+", " ", re.sub(r"\b\d[\d.x]*\b", "n", text)).strip()


def share(number: int, of: int) -> tuple[list[Outcome], float]:
    """Try every so many-th pair; return the outcomes and the CPU seconds they took."""
    outcomes, began, mine = [], time.monotonic(), list(pairs())[number::of]
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        for done, pair in enumerate(mine, 1):
            outcomes.append(attempt(pair, Path(place)))
            if outcomes[-1].status == "broken":
                print(f"broken: {' '.join(pair)}: {outcomes[-1].reason}", flush=True)
            if done % 500 == 0:
                print(f"{done}/{len(mine)} pairs, {time.monotonic() - began:.0f} s", flush=True)
    return outcomes, time.process_time()


def main() -> int:
    """Try all pairs and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=1)
    processes = parser.parse_args().processes
    began = time.monotonic()
    if processes == 1:
        shares = [share(0, 1)]
    else:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            shares = list(pool.map(share, range(processes), [processes] * processes))
    outcomes = [outcome for done in itertools.zip_longest(*(part for part, _ in shares)) for outcome in done if outcome]
    took = (
        f"It took {time.monotonic() - began:,.0f} s in {processes} process{'es' * (processes > 1)}: "
        f"{sum(seconds for _, seconds in shares):,.0f} s of CPU, {os.cpu_count()} cores."
    )
    write_whole(ROOT / "docs" / "crossings.md", lambda path: path.write_text(page(outcomes, took), encoding="utf-8"))
    broken = sum(outcome.status == "broken" for outcome in outcomes)
    print(f"{len(outcomes)} pairs, {broken} broken. {took} docs/crossings.md is written")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
