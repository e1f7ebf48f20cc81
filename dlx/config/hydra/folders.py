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
    session = hydra_session.current
    if session.run_folder is None:  # Hydra resolves it more than once
        if "trainer" not in _root_:  # --cfg hydra --resolve: the rest of the configuration has been cut off
            return str(paths.outputs() / "runs")
        name = f"{time.strftime('%H-%M-%S')}-{identity(plain(_root_))}"
        folder = paths.outputs() / "runs" / time.strftime("%Y-%m-%d") / name
        if not session.starting:  # only shown or checked
            return str(folder)
        session.run_folder = claim(folder)
    return str(session.run_folder)


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
    session = hydra_session.current
    if session.sweep_folder is None:
        choice = OmegaConf.select(_root_, "hydra.runtime.choices.experiment")
        session.sweep_folder = paths.outputs() / "sweeps" / (choice or time.strftime("%Y-%m-%d_%H-%M-%S"))
    return str(session.sweep_folder)
