"""The cases of `compare_revisions.py`, from `compare_cases.yaml`."""

from __future__ import annotations

import itertools
import json
import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml

FILE = Path(__file__).with_suffix(".yaml")
ALLOWED = {  # kind and words of a case whose numbers may differ, or a part of them, and why
    "model=logistic dataset=breast_cancer": "two classes have one row of weights, and such a run another identity",
    "dataset.features=[a,d] model=logistic": "likewise, the target has two classes",
    "job=data_split": "it trains logistic regressions of two classes",
    "study ridge_is_map": "two of its arms are logistic regressions of two classes, which have one row of weights",
    "study generative_vs_discriminative": "one of its arms is the same",
    "study confusion_matrix": "one of its arms is the same",
}
Command = tuple[tuple[str, ...], int | None]  # the words behind `dlx`, and after how many steps to interrupt


@dataclass(frozen=True)
class Case:
    """What is run in a folder of its own.

    Attributes:
        kind: `run`, `sweep`, `interrupted` or `study`.
        words: as they stand in compare_cases.yaml.
        commands: of dlx, one after another.
    """

    kind: str
    words: str
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """Return the name of its folder, which changes with the commands."""
        plain = re.sub(r"[^\w.]+", "-", self.words)[:60].strip("-")
        return f"{self.kind}-{plain}-{sha256(json.dumps(self.commands).encode()).hexdigest()[:8]}"

    @property
    def allowed(self) -> str | None:
        """Return why it may differ; None: it may not."""
        return next((reason for word, reason in ALLOWED.items() if word in f"{self.kind} {self.words}"), None)


def expanded(line: str) -> list[str]:
    """Return the lines that a line with {a,b,c} stands for; several such groups are combined."""
    parts = re.split(r"\{([^{}: ]+)\}", line)
    choices = [part.split(",") if number % 2 else [part] for number, part in enumerate(parts)]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def read_cases(quick: bool) -> list[Case]:
    """Return all cases; the quick ones are the first of each line, and a few of all else."""
    node = yaml.safe_load(FILE.read_text())
    base, few = node["base"], 2 if quick else None
    lines = itertools.chain.from_iterable(node["runs"].values())
    return [
        *(run(words, base) for line in lines for words in expanded(line)[: 1 if quick else None]),
        *(Case("sweep", words, (typed(words, base, "-m hydra.sweep.dir=sweep"),)) for words in node["sweeps"][:few]),
        *(interrupted(entry["words"], base, entry["steps"]) for entry in node["interrupted"][:few]),
        *(study(words) for words in node["studies"][:few]),
    ]


def typed(words: str, base: str, place: str, steps: int | None = None) -> Command:
    """Return a command: words behind `dlx train`, where to write, and the base but for keys that are set already."""
    own = shlex.split(words)
    keys = {word.partition("=")[0] for word in own}
    added = [word for word in base.split() if word.partition("=")[0] not in keys]
    return ("train", *own, *added, *place.split()), steps


def run(words: str, base: str) -> Case:
    """Return a case of one run, or of several, one after another."""
    parts = words.split(" then ")
    return Case("run", words, tuple(typed(part, base, f"hydra.run.dir=run{n}") for n, part in enumerate(parts)))


def interrupted(words: str, base: str, steps: int) -> Case:
    """Return a case of a run or sweep that goes through, and once more up to an interruption."""
    key = "sweep" if "-m" in words.split() else "run"
    straight = typed(words, base, f"hydra.{key}.dir=straight")
    return Case("interrupted", words, (straight, typed(words, base, f"hydra.{key}.dir=stopped", steps)))


def study(words: str) -> Case:
    """Return a case of a study, with two seeds unless the words say others."""
    seeds = () if "--seeds" in words else ("--seeds", "0..1")
    return Case(
        "study", words, ((("study", "run", *words.split(), "trainer.accelerator=cpu", "--fast", *seeds), None),)
    )


def uncovered(tree: Path, cases: Sequence[Case]) -> list[str]:
    """Return the options of conf/ that no case names."""
    named = set()
    for word in itertools.chain.from_iterable(words for case in cases for words, _ in case.commands):
        group, _, value = word.partition("=")
        named |= {(group, name) for name in value.strip("[]").split(",")}
    files = [file for file in tree.glob("conf/*/*.yaml") if not file.stem.startswith("_")]
    return [f"{f.parent.name}={f.stem}" for f in sorted(files) if (f.parent.name, f.stem) not in named]


def write_data(folder: Path) -> None:
    """Write a small table and a small series."""
    rows = [(math.sin(n), math.cos(1.7 * n), n % 7) for n in range(120)]
    lines = [f"{a:.4f},{b:.4f},{c},{a - 2 * b + c:.4f},{'yes' if a + b > 0 else 'no'}" for a, b, c in rows]
    (folder / "table.csv").write_text("\n".join(["a,b,c,d,y", *lines]) + "\n")
    lines = [f"{n},{2 + math.sin(n / 5):.4f},{3 + math.cos(n / 3) + 0.01 * n:.4f}" for n in range(200)]
    (folder / "series.csv").write_text("\n".join(["day,one,two", *lines]) + "\n")
