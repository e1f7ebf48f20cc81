"""Every pair of options of every two groups, for one training step: trains, or is refused with a reason.

    make crossings            all pairs, in one process; writes docs/crossings.md

A pair that ends in anything but a finished run or a ConfigError is a bug; the exit code is then 1.
"""

from __future__ import annotations

import copy
import itertools
import re
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dlx import paths
from dlx.errors import ConfigError
from dlx.files import write_whole
from dlx.run import run
from tests.conftest import compose_config

ROOT = Path(__file__).parent.parent
NOT_CROSSED = ("streams", "metrics", "experiment", "hydra")
QUICK = ("trainer.max_epochs=1", "trainer.max_steps=1", "trainer.devices=1")
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
SHORT_SEQUENCES = ("adding", "delayed_recall", "flip_flop", "latch", "temporal_order")  # their length is of one example
MEMORY = Path("/dev/shm")  # waiting for a disk to sync would take longer than all else
Pair = tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of a pair: `trains`, `refused` or `broken`, and why."""

    pair: Pair
    status: str
    reason: str = ""


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


def here(pair: Pair) -> tuple[str, ...]:
    """Return the device that is here, unless the pair chooses one."""
    return () if any(word.startswith("trainer=") for word in pair) else HERE


def companions(option: str, folder: Path) -> tuple[str, ...]:
    """Return what an option needs beside itself: a file where it reads one, and keys that make its run short."""
    if option == "dataset=csv":
        return f"dataset.path={table(folder)}", "dataset.target=y"
    if option == "dataset=csv_series":
        return (f"dataset.path={series(folder)}",)
    group, _, name = option.partition("=")
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
def series(folder: Path) -> Path:
    """Write a small series and return its path."""
    file = folder / "series.csv"
    values = np.sin(np.arange(200) / 5) + np.random.default_rng(0).normal(scale=0.1, size=200)
    file.write_text("\n".join(["value", *(f"{value:.4f}" for value in values)]) + "\n")
    return file


@cache
def composed(*words: str) -> dict[str, Any]:
    """Compose once; the result is not to be changed."""
    return compose_config(*QUICK, *words)


def changed(option: str, extra: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Return the top-level nodes that an option changes."""
    plain = composed(*extra)
    return {
        key: node for key, node in composed(option, *companions(option, folder), *extra).items() if node != plain[key]
    }


def configuration(pair: Pair, folder: Path) -> dict[str, Any]:
    """Compose a pair.

    Hydra takes a tenth of a second. Where the two options change different nodes their changes are put together, which
    gives the same; where both change one (a model that picks its dataset, and a dataset) Hydra decides.
    """
    extra = here(pair)
    first, second = (changed(option, extra, folder) for option in pair)
    if first.keys() & second.keys():
        return compose_config(*QUICK, *words(pair, folder))
    return copy.deepcopy({**composed(*extra), **first, **second})


def words(pair: Pair, folder: Path) -> list[str]:
    """Return what is typed for a pair."""
    return [*pair, *(word for option in pair for word in companions(option, folder)), *here(pair)]


def attempt(pair: Pair, folder: Path) -> Outcome:
    """Train a pair for one step in a folder that is emptied afterwards."""
    place = folder / "run"
    try:
        summary = run(configuration(pair, folder), place)
    except ConfigError as error:
        return Outcome(pair, "refused", str(error))
    except Exception as error:
        return Outcome(pair, "broken", f"{type(error).__name__}: {error}")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if summary["status"] in ("finished", "diverged"):
        return Outcome(pair, "trains", "" if summary["status"] == "finished" else "diverged in the first step")
    return Outcome(pair, "broken", f"{summary['status']}: {summary['error']}")


def page(outcomes: list[Outcome]) -> str:
    """Write the outcomes as Markdown: a table of counts, and every refused pair under its reason."""
    count = Counter(outcome.status for outcome in outcomes)
    lines = [
        "# Crossings",
        "",
        "Made by `make crossings`: every pair of options of every two groups, tried for one training step.",
        f"{len(outcomes):,} pairs: {count['trains']:,} train, {count['refused']:,} are refused with a reason, "
        f"{count['broken']} broken.",
        "",
        "| groups | pairs | train | refused |",
        "|---|---:|---:|---:|",
    ]
    by_groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_groups[" × ".join(word.split("=")[0] for word in outcome.pair)].append(outcome)
    for name, members in by_groups.items():
        trains = sum(outcome.status == "trains" for outcome in members)
        lines.append(f"| {name} | {len(members)} | {trains} | {len(members) - trains} |")
    for status, title in (("broken", "Broken"), ("refused", "Refused, and why")):
        reasons: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for outcome in outcomes:
            if outcome.status == status:
                reasons[general(outcome)][outcome.pair[0]].append(outcome.pair[1])
        lines += ["", f"## {title}", ""] if reasons else []
        for reason, members_of in sorted(reasons.items()):
            lines += [f"**{reason}**", ""]
            lines += [f"- {first} with {', '.join(others)}" for first, others in members_of.items()]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def general(outcome: Outcome) -> str:
    """Return the reason without the numbers that vary from pair to pair, so that equal reasons stand together."""
    text = outcome.reason.splitlines()[0]
    for word in outcome.pair:
        text = text.replace(word, f"{word.split('=')[0]}=…").replace(word.split("=")[1], "…")
    return re.sub(r"\s+", " ", re.sub(r"\b\d[\d.x]*\b", "n", text)).strip()


def main() -> int:
    """Try all pairs and write the page."""
    began, outcomes = time.monotonic(), []
    everything = list(pairs())
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        for number, pair in enumerate(everything, 1):
            outcomes.append(attempt(pair, Path(place)))
            if outcomes[-1].status == "broken":
                print(f"broken: {' '.join(pair)}: {outcomes[-1].reason}", flush=True)
            if number % 500 == 0:
                print(f"{number}/{len(everything)} pairs, {time.monotonic() - began:.0f} s", flush=True)
    write_whole(ROOT / "docs" / "crossings.md", lambda path: path.write_text(page(outcomes), encoding="utf-8"))
    broken = sum(outcome.status == "broken" for outcome in outcomes)
    print(f"{len(outcomes)} pairs in {time.monotonic() - began:.0f} s, {broken} broken; docs/crossings.md is written")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
