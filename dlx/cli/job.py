"""The task function of Hydra: a module-level function, so that every launcher can pickle it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from dlx import hydra_session
from dlx.errors import ConfigError


def job(cfg: DictConfig) -> dict[str, Any] | None:
    """Run one configuration in the folder that Hydra made, and return its summary.

    What only shows in the folder (it holds another run, a broken checkpoint) is kept for the front: raised here, Hydra
    would announce it in its own words.
    """
    from hydra.core.hydra_config import HydraConfig

    from dlx.hydra_plugins import plain
    from dlx.run import run

    hydra = HydraConfig.get()
    config = plain(cfg)
    choices = {group: choice for group, choice in hydra.runtime.choices.items() if not group.startswith("hydra/")}
    for group in ("regularizer", "diagnostics"):  # Hydra's own record loses list groups
        choices[group] = sorted(config[group])
    folder = hydra_session.current.folder = Path(hydra.runtime.output_dir)
    try:
        return run(
            config,
            folder,
            overrides=list(hydra.overrides.task),
            choices=choices,
            watcher=hydra_session.watcher(),
            resume=True,
            hparam_keys=hydra_session.current.hparam_keys,
        )
    except ConfigError as error:
        hydra_session.current.refused = error
        return None
