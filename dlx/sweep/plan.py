"""The plan of a sweep: its runs are checked before the first one starts, duplicates merged, finished ones reused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.config.identity import canonical, identity
from dlx.config.revision import FIRST
from dlx.errors import ConfigError
from dlx.results.runs import Run, warn
from dlx.results.version import git_revision
from dlx.stored.read import BrokenFileError
from dlx.sweep.cells import Cell
from dlx.sweep.former import FINAL, FormerRuns

if TYPE_CHECKING:
    from dlx.config.hydra.composer import Composed


@dataclass
class Job:
    """One run of a sweep.

    Attributes:
        overrides: the overrides of its first cell.
        config: the configuration as plain containers.
        choices: the option of each group.
        hydra: the node `hydra` of the configuration.
        identity: the identity of the configuration.
        folder: the folder of the run.
        label: the levels that distinguish it from the other runs of the sweep.
        revision: the revision of the model, see `dlx.config.revision`.
        done: True if an equal run is finished.
        resume: True if it was interrupted and is to be resumed.
        data_hash: the hash of the data that the sweep began with, which its data must have; None if it is not known.
    """

    overrides: list[str]
    config: dict[str, Any]
    choices: dict[str, Any]
    hydra: dict[str, Any]
    identity: str
    folder: Path
    label: str
    revision: int = FIRST
    done: bool = False
    resume: bool = False
    data_hash: str | None = None

    @property
    def canonical(self) -> dict[str, Any]:
        """The part of the configuration that the results depend on."""
        return canonical(self.config, self.revision)


@dataclass
class Plan:
    """All runs of a sweep; several cells may share a job."""

    folder: Path
    jobs: list[Job]
    cells: list[tuple[Cell, Job]]
    foreign: int = 0  # number of finished runs that another version of the code has made
    outdated: int = 0  # number of runs that an earlier revision of their model has finished; they are trained again
    broken: list[BrokenFileError] = field(default_factory=list)  # files of former runs that were passed over

    @classmethod
    def make(
        cls,
        folder: Path,
        parts: Sequence[Cell],
        compose: Callable[[Sequence[str]], Composed],
        again: bool = False,
        data: dict[str, str] | None = None,
    ) -> Plan:
        """Compose and check every run, and return the plan.

        Args:
            folder: the folder of the sweep.
            parts: the cells.
            compose: composes the configuration of a cell.
            again: train even if an equal run is finished.
            data: the hash of each dataset by `dlx.data.load.source_of`, which is extended; it is that of the first time
                that the data were loaded, possibly in an earlier stage of the sweep.

        Raises:
            ConfigError: A configuration is invalid; the message names the overrides of its run. Nothing is started.
        """
        broken: list[BrokenFileError] = []
        former_run = FormerRuns(folder, broken.append).get if not again else lambda _: None
        jobs: dict[str, Job] = {}
        order, foreign, outdated = [], 0, 0
        checked, data = dict[str, int](), {} if data is None else data
        varied = {axis for axis in parts[0].labels if len({part.labels[axis] for part in parts}) > 1}
        for cell in parts:
            composed, overrides = compose(cell.overrides), list(cell.overrides)
            plain_name = identity(composed.config)  # equal runs may have different diagnostics
            key = plain_name + json.dumps(composed.config["diagnostics"], sort_keys=True)
            if key not in jobs:
                revision = check(composed.config, overrides, checked, data)
                name = identity(composed.config, revision)
                expected = data.get(source(composed.config))
                former = reusable(former_run(name), composed.config, revision, expected, broken.append)
                outdated += former is None and name != plain_name and is_final(former_run(plain_name))
                foreign += former is not None and is_final(former) and former.summary["git"] != git_revision()
                jobs[key] = Job(
                    overrides,
                    composed.config,
                    composed.choices,
                    composed.hydra,
                    name,
                    former.folder if former else folder / f"{len(jobs):03d}-{name}",
                    cell.named(varied),
                    revision,
                    done=is_final(former),
                    resume=former is not None and not is_final(former),
                    data_hash=expected,
                )
            order.append((cell, jobs[key]))
        return cls(folder, list(jobs.values()), order, foreign, outdated, broken)


def reusable(
    former: Run | None,
    config: Mapping[str, Any],
    revision: int,
    data_hash: str | None,
    pass_over: Callable[[BrokenFileError], None],
) -> Run | None:
    """Return a former run if a job may reuse or resume it, otherwise None.

    Args:
        former: the run of the same identity, if there is one.
        config: the configuration of the job.
        revision: the revision of its model.
        data_hash: the hash that its data must have; None if it is not known.
        pass_over: called if a file of the run is broken.
    """
    if former is None or not same_run(former, config, revision, pass_over):
        return None
    changed = None not in (data_hash, former.data_hash) and former.data_hash != data_hash
    return None if changed else former


def is_final(run: Run | None) -> bool:
    """Return True if there is a run and it has ended."""
    return run is not None and run.status in FINAL


def check(
    config: Mapping[str, Any], overrides: Sequence[str], checked: dict[str, int], data: dict[str, str] | None = None
) -> int:
    """Check a configuration and return the revision of its model.

    Configurations that differ only in the seed are checked once; `checked` keeps their revisions, and `data` the hash
    of each dataset when it was first loaded.

    Raises:
        ConfigError: The configuration is invalid; the message names the overrides of the run.
    """
    from dlx.assembly.assemble import assemble

    key = json.dumps({**config, "seed": 0})  # not sorted: keys of a study may be numbers and texts
    if key not in checked:
        try:
            assembly = assemble(config)
        except ConfigError as error:
            raise ConfigError(f"{error} (in the run {' '.join(overrides)})") from None
        checked[key] = assembly.revision
        if data is not None:
            data.setdefault(source(config), assembly.data.hash)
    return checked[key]


def source(config: Mapping[str, Any]) -> str:
    """Return what the data of a configuration depend on, except the content of a user's file."""
    from dlx.config import gate
    from dlx.data.load import source_of
    from dlx.seeds import Streams

    return source_of(gate.choice(config["dataset"], "dataset"), Streams.of(config["seed"], config["streams"]))


def same_run(
    former: Run, config: Mapping[str, Any], revision: int, pass_over: Callable[[BrokenFileError], None] = warn
) -> bool:
    """Return True if a run has this configuration and revision, the same data, and all requested diagnostics.

    If its identity.json is broken, `pass_over` is called and the result is False.
    """
    from dlx.config import gate
    from dlx.data.load import load
    from dlx.seeds import Streams

    try:
        if former.config != canonical(config, revision) or not measures(former, config["diagnostics"]):
            return False
    except BrokenFileError as error:
        pass_over(error)
        return False
    known = former.data_hash  # None if the run was interrupted before the data were loaded
    if known is None:
        return True
    dataset = gate.choice(config["dataset"], "dataset")
    return known == load(dataset, Streams.of(config["seed"], config["streams"]))[0].hash


def measures(run: Run, wanted: Mapping[str, Any]) -> bool:
    """Return True if a run has all requested diagnostics with the same keys."""
    full = (run.recorded and run.recorded["full_config"]) or {}
    done = full.get("diagnostics", {})
    return all(done.get(member) == node for member, node in wanted.items())


def quoted(path: Path) -> str:
    """Return a path as a quoted string in Hydra's override grammar."""
    text = str(path.resolve()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
