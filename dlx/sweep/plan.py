"""The runs of a sweep: checked before the first one starts, equal ones merged, finished ones found and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlx import hydra_session, paths
from dlx.errors import ConfigError
from dlx.files import read_json, write_json
from dlx.identity import canonical, identity
from dlx.results import Run, read_run, read_runs
from dlx.sweep.cells import Cell

FINAL = ("finished", "diverged")


@dataclass
class Job:
    """One run of a sweep: its overrides, its configuration, its name, and where it lies."""

    overrides: list[str]
    config: dict[str, Any]
    identity: str
    folder: Path
    done: bool = False

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

    @classmethod
    def make(
        cls,
        folder: Path,
        parts: Sequence[Cell],
        compose: Callable[[Sequence[str]], dict[str, Any]],
        again: bool = False,
    ) -> Plan:
        """Compose and check every run.

        Raises:
            ConfigError: a configuration cannot be used; the message names the run's overrides. Nothing is started.
        """
        from dlx.assemble import assemble

        known = {} if again else finished(folder)
        jobs: dict[str, Job] = {}
        order = []
        for cell in parts:
            overrides = list(cell.overrides)
            config = compose(overrides)
            try:
                assembly = assemble(config)
            except ConfigError as error:
                raise ConfigError(f"{error} (in the run {' '.join(overrides)})") from None
            name = identity(config)
            key = name + json.dumps(config["diagnostics"], sort_keys=True)  # equal runs may measure different things
            if key not in jobs:
                former = known.get(name)
                if former is not None and (
                    former.config != canonical(config)
                    or former.data_hash != assembly.data.hash
                    or not measures(former, config["diagnostics"])
                ):
                    former = None
                place = former.folder if former else folder / f"{len(jobs):03d}-{name}"
                jobs[key] = Job(overrides, config, name, place, bool(former and former.status in FINAL))
            order.append((cell, jobs[key]))
        return cls(folder, list(jobs.values()), order)

    def launch(self, launcher: Any) -> list[Run]:
        """Run what is not done and return all runs in order."""
        from dlx.cli.show import relative
        from dlx.sweep.show import arms_table, console, sweep_progress

        self.folder.mkdir(parents=True, exist_ok=True)
        self._write()
        left = [job for job in self.jobs if not job.done]
        with sweep_progress(self):
            if left:
                launcher.launch(
                    [[*job.overrides, f"hydra.sweep.subdir={quoted(job.folder)}"] for job in left], initial_job_idx=0
                )
        runs = [run for run in (read_run(job.folder) for job in self.jobs) if run is not None]
        console.print(arms_table(runs))
        console.print(f"sweep {relative(self.folder)}", highlight=False, markup=False, soft_wrap=True)
        hydra_session.current.statuses = [run.status for run in runs]
        hydra_session.current.plan = self
        return runs

    def _write(self) -> None:
        numbers = {id(job): number for number, job in enumerate(self.jobs)}
        write_json(
            self.folder / "sweep.json",
            {
                "schema": 1,
                "command": hydra_session.current.words,
                "runs": [
                    {"identity": job.identity, "folder": str(job.folder.resolve()), "overrides": job.overrides}
                    for job in self.jobs
                ],
                "cells": [{"labels": dict(cell.labels), "run": numbers[id(job)]} for cell, job in self.cells],
            },
        )


def measures(run: Run, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a run has measured all the diagnostics that are wanted, with the same keys."""
    full = (read_json(run.folder / "identity.json") or {}).get("full_config", {})
    done = full.get("diagnostics", {})
    return all(done.get(member) == node for member, node in wanted.items())


def quoted(path: Path) -> str:
    """Write a path so that Hydra's grammar takes it as one string."""
    text = str(path.resolve()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def finished(folder: Path) -> dict[str, Run]:
    """Return the runs that need not be repeated or can be gone on with, by identity: below outputs/ and the folder."""
    found: dict[str, Run] = {}
    for root in {paths.outputs().resolve(), folder.resolve()}:
        for run in read_runs([root]):
            better = run.status in FINAL or run.identity not in found
            if better and run.status in (*FINAL, "interrupted", "running"):
                found[run.identity] = run
    return found
