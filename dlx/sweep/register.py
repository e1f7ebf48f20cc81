"""Registration with Hydra in this process only: configuration sources, resolvers, sweeper and launchers."""

from __future__ import annotations

import sys
import types
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from dlx.config.hydra.folders import run_folder, sweep_folder
from dlx.config.hydra.sources import ExperimentSource, NeutralSource, OwnSearchPath, OwnSource, refuse_clashes
from dlx.config.node import make_node


def register() -> None:
    """Register everything; called by each command that composes a configuration, and safe to repeat."""
    from dlx.sweep.launcher import InProcess
    from dlx.sweep.pool import Pool
    from dlx.sweep.ray import Ray
    from dlx.sweep.sweeper import DlxSweeper

    refuse_clashes()
    plugins = Plugins.instance()
    # Hydra accepts sweepers only from the package hydra_plugins. This module of it exists only in this process, so
    # other Hydra applications do not see it.
    sys.modules.setdefault("hydra_plugins", types.ModuleType("hydra_plugins"))
    module = types.ModuleType(DlxSweeper.__module__)
    for ours in (DlxSweeper, InProcess, Pool, Ray):
        setattr(module, ours.__name__, ours)
    sys.modules[module.__name__] = module
    sys.modules["hydra_plugins"].dlx = module  # type: ignore[attr-defined]
    for plugin in (ExperimentSource, NeutralSource, OwnSource, OwnSearchPath, DlxSweeper, InProcess, Pool, Ray):
        plugins.register(plugin)
    store = ConfigStore.instance()
    store.store(
        group="hydra/sweeper",
        name="dlx",
        provider="dlx",
        node=make_node("hydra_plugins.dlx.DlxSweeper", {"params": None}),
    )
    launchers: list[tuple[str, type, dict[str, Any]]] = [
        ("in_process", InProcess, {}),
        ("pool", Pool, {"n_jobs": -1}),
        ("ray", Ray, {"address": None, "cpus": 1, "gpus": 0}),
    ]
    for name, cls, keys in launchers:
        node = make_node(f"{cls.__module__}.{cls.__name__}", keys)
        store.store(group="hydra/launcher", name=name, provider="dlx", node=node)
    OmegaConf.register_new_resolver("dlx_folder", run_folder, replace=True)
    OmegaConf.register_new_resolver("dlx_sweep_folder", sweep_folder, replace=True)
