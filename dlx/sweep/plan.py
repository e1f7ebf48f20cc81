"""The runs of a sweep: checked before the first one starts, equal ones merged, finished ones found and reused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import paths
from dlx.config.identity import canonical, identity
from dlx.errors import ConfigError
from dlx.files import read_json
from dlx.results.runs import Run, read_runs
from dlx.results.version import git_revision
from dlx.sweep.cells import Cell

if TYPE_CHECKING:
    from dlx.config.hydra.composer import Composed

FINAL = ("finished", "diverged")
RESUMABLE = ("interrupted", "running")


@dataclass
class Job:
    """One run of a sweep.

    Attributes:
        overrides: as its first cell has them.
        config: plain containers.
        choices: the option of each group.
        hydra: Hydra's own node.
        identity: the name of the configuration.
        folder: where it lies.
        label: what tells it from the sweep's other runs.
        done: it need not be run.
        resume: it was interrupted, and goes on.
    """

    overrides: list[str]
    config: dict[str, Any]
    choices: dict[str, Any]
    hydra: dict[str, Any]
    identity: str
    folder: Path
    label: str
    done: bool = False
    resume: bool = False

    @property
    def canonical(self) -> dict[str, Any]:
        """What its numbers depend on."""
        return canonical(self.config)


@dataclass
class Plan:
    """All runs of a sweep; several cells may lead to the same job."""

    folder: Path
    jobs: list[Job]
    cells: list[tuple[Cell, Job]]
    foreign: int = 0  # finished runs that another version of the code has made

    @classmethod
    def make(
        cls,
        folder: Path,
        parts: Sequence[Cell],
        compose: Callable[[Sequence[str]], Composed],
        again: bool = False,
    ) -> Plan:
        """Compose and check every run.

        Raises:
            ConfigError: a configuration cannot be used; the message names the run's overrides. Nothing is started.
        """
        known = {} if again else former_runs(folder)
        jobs: dict[str, Job] = {}
        order, foreign = [], 0
        checked: set[str] = set()
        varied = {axis for axis in parts[0].labels if len({part.labels[axis] for part in parts}) > 1}
        for cell in parts:
            overrides = list(cell.overrides)
            composed = compose(overrides)
            name = identity(composed.config)
            # equal runs may measure different things
            key = name + json.dumps(composed.config["diagnostics"], sort_keys=True)
            if key not in jobs:
                check(composed.config, overrides, checked)
                former = known.get(name)
                if former is not None and not same_run(former, composed.config):
                    former = None
                done = former is not None and former.status in FINAL
                foreign += former is not None and done and former.summary.get("git") != git_revision()
                jobs[key] = Job(
                    overrides,
                    composed.config,
                    composed.choices,
                    composed.hydra,
                    name,
                    former.folder if former else folder / f"{len(jobs):03d}-{name}",
                    " ".join(f"{axis}={cell.labels[axis]}" for axis in cell.labels if axis in varied),
                    done,
                    former is not None and not done,
                )
            order.append((cell, jobs[key]))
        return cls(folder, list(jobs.values()), order, foreign)


def check(config: Mapping[str, Any], overrides: Sequence[str], checked: set[str]) -> None:
    """Check a configuration; of those that differ in the seed alone the first one stands for all.

    Raises:
        ConfigError: names the run's overrides.
    """
    from dlx.assembly.assemble import assemble

    key = json.dumps({**config, "seed": 0})  # levels of a study may be numbers and words: they have no order
    if key not in checked:
        try:
            assemble(config)
        except ConfigError as error:
            raise ConfigError(f"{error} (in the run {' '.join(overrides)})") from None
        checked.add(key)


def same_run(former: Run, config: Mapping[str, Any]) -> bool:
    """Tell whether a run in a folder is the one of a configuration, data and measures included."""
    from dlx.config import gate
    from dlx.data.load import load
    from dlx.seeds import Streams

    if former.config != canonical(config) or not measures(former, config["diagnostics"]):
        return False
    known = former.summary.get("data_hash")  # None: interrupted before the data were read
    if known is None:
        return True
    dataset = gate.choice(config["dataset"], "dataset")
    return known == load(dataset, Streams.of(config["seed"], config["streams"]))[0].hash


def measures(run: Run, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a run has measured all the diagnostics that are wanted, with the same keys."""
    full = (read_json(run.folder / "identity.json") or {}).get("full_config", {})
    done = full.get("diagnostics", {})
    return all(done.get(member) == node for member, node in wanted.items())


def quoted(path: Path) -> str:
    """Write a path so that Hydra's grammar takes it as one string."""
    text = str(path.resolve()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def former_runs(folder: Path) -> dict[str, Run]:
    """Return the runs that need not be repeated or can be gone on with, by identity: below outputs/ and the folder."""
    found: dict[str, Run] = {}
    for root in {paths.outputs().resolve(), folder.resolve()}:
        for run in read_runs([root]):
            better = run.status in FINAL or run.identity not in found
            if better and run.status in (*FINAL, *RESUMABLE):
                found[run.identity] = run
    return found
