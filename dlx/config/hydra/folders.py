"""The output folders of runs and sweeps: OmegaConf resolvers for hydra.run.dir and hydra.sweep.dir."""

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
    """Return the value of hydra.run.dir, outputs/runs/<date>/<time>-<identity>; if a run starts, create the folder."""
    caller = hydra_session.current
    if "run" not in caller.folders:
        if "trainer" not in _root_:  # --cfg hydra --resolve: only Hydra's node is present
            return str(paths.outputs() / "runs")
        name = f"{time.strftime('%H-%M-%S')}-{identity(plain(_root_), caller.revision)}"
        folder = paths.outputs() / "runs" / time.strftime("%Y-%m-%d") / name
        if not caller.starting:  # the configuration is only printed or checked
            return str(folder)
        caller.folders["run"] = claim(folder)
    return str(caller.folders["run"])


def claim(stem: Path) -> Path:
    """Create and return a new folder with this path, or with the first free suffix -2, -3, ...

    Creation is exclusive, so runs that start at the same time never share a folder.
    """
    for number in itertools.count(1):
        folder = stem if number == 1 else stem.with_name(f"{stem.name}-{number}")
        try:
            os.makedirs(folder)
            return folder
        except FileExistsError:
            continue
    raise AssertionError("count never ends")


def sweep_folder(*, _root_: DictConfig) -> str:
    """Return the value of hydra.sweep.dir, outputs/sweeps/<study>, with the current time if there is no study."""
    folders = hydra_session.current.folders
    if "sweep" not in folders:
        choice = OmegaConf.select(_root_, "hydra.runtime.choices.experiment")
        folders["sweep"] = paths.outputs() / "sweeps" / (choice or time.strftime("%Y-%m-%d_%H-%M-%S"))
    return str(folders["sweep"])
