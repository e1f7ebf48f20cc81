"""The task function of Hydra: a module-level function, so that every launcher can pickle it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError


def job(cfg: DictConfig) -> dict[str, Any] | None:
    """Run one configuration in the folder that Hydra made, and return its summary.

    What only shows in the folder (it holds another run, a broken checkpoint) is kept for the front: raised here, Hydra
    would announce it in its own words.
    """
    from hydra.core.hydra_config import HydraConfig

    from dlx.config.hydra.composer import group_choices, list_choices
    from dlx.config.hydra.sources import plain
    from dlx.files import read_json
    from dlx.run.run import run
    from dlx.sweep.plan import RESUMABLE

    hydra = HydraConfig.get()
    config = plain(cfg)
    choices = {**group_choices(dict(hydra.runtime.choices)), **list_choices(config)}
    folder = hydra_session.current.folder = Path(hydra.runtime.output_dir)
    made = hydra_session.current.assembly
    status = (read_json(folder / "summary.json") or {}).get("status")
    try:
        summary = run(
            config,
            folder,
            overrides=list(hydra.overrides.task),
            choices=choices,
            watcher=hydra_session.watcher(),
            resume=status in RESUMABLE,
            hparam_keys=hydra_session.current.hparam_keys,
            assembly=made if made is not None and made.config == config else None,
        )
    except ConfigError as error:
        hydra_session.current.refused = error
        return None
    if summary["status"] == "interrupted" and hydra_session.current.swept:
        raise KeyboardInterrupt  # the sweep is to end, whichever launcher goes through it
    return summary
