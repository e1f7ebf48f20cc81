"""The folders of runs and sweeps: resolvers of hydra.run.dir and hydra.sweep.dir."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from dlx import paths
from dlx.config.hydra import session as hydra_session
from dlx.config.hydra.sources import plain
from dlx.config.identity import identity


def run_folder(*, _root_: DictConfig) -> str:
    """Resolve hydra.run.dir: outputs/runs/<date>/<time>-<identity>, claimed so that no two runs share it."""
    caller = hydra_session.current
    if "run" not in caller.folders:
        if "trainer" not in _root_:  # --cfg hydra --resolve: the rest of the configuration has been cut off
            return str(paths.outputs() / "runs")
        name = f"{time.strftime('%H-%M-%S')}-{identity(plain(_root_))}"
        folder = paths.outputs() / "runs" / time.strftime("%Y-%m-%d") / name
        if not caller.starting:  # only shown or checked
            return str(folder)
        caller.folders["run"] = claim(folder)
    return str(caller.folders["run"])


def claim(stem: Path) -> Path:
    """Make a folder of this name, or of the next free one, exclusively: simultaneous starts do not collide."""
    for number in itertools.count(1):
        folder = stem if number == 1 else stem.with_name(f"{stem.name}-{number}")
        try:
            os.makedirs(folder)
            return folder
        except FileExistsError:
            continue
    raise AssertionError("count never ends")


def sweep_folder(*, _root_: DictConfig) -> str:
    """Resolve hydra.sweep.dir: outputs/sweeps/<study>, or the time where there is no study."""
    folders = hydra_session.current.folders
    if "sweep" not in folders:
        choice = OmegaConf.select(_root_, "hydra.runtime.choices.experiment")
        folders["sweep"] = paths.outputs() / "sweeps" / (choice or time.strftime("%Y-%m-%d_%H-%M-%S"))
    return str(folders["sweep"])
