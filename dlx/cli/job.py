"""The task function of Hydra: a module-level function, so that every launcher can pickle it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from dlx import hydra_session


def job(cfg: DictConfig) -> dict[str, Any]:
    """Run one configuration in the folder that Hydra made, and return its summary."""
    from hydra.core.hydra_config import HydraConfig

    from dlx.run import run

    hydra = HydraConfig.get()
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    choices = {group: choice for group, choice in hydra.runtime.choices.items() if not group.startswith("hydra/")}
    for group in ("regularizer", "diagnostics"):  # Hydra's own record loses list groups
        choices[group] = sorted(config[group])
    folder = hydra_session.current.folder = Path(hydra.runtime.output_dir)
    return run(
        config,  # type: ignore[arg-type]
        folder,
        overrides=list(hydra.overrides.task),
        choices=choices,
        watcher=hydra_session.watcher(),
        resume=True,
        hparam_keys=hydra_session.current.hparam_keys,
    )
