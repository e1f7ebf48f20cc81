"""The task function of Hydra: a module-level function, so that every launcher can pickle it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError


@dataclass(frozen=True)
class Done:
    """A run that Hydra started.

    Attributes:
        folder: where it lies.
        summary: what it wrote; None where it was refused.
        refused: why it was refused: what only shows in its folder (another run, a broken checkpoint).
    """

    folder: Path
    summary: dict[str, Any] | None
    refused: ConfigError | None = None


def job(cfg: DictConfig) -> Done:
    """Run one configuration in the folder that Hydra made.

    A refusal is returned instead of raised: Hydra would announce it in its own words.

    Raises:
        KeyboardInterrupt: it was interrupted as one of a sweep, which is to end, whichever launcher goes through it.
    """
    from hydra.core.hydra_config import HydraConfig

    from dlx.config.hydra.composer import group_choices, list_choices
    from dlx.config.hydra.sources import plain
    from dlx.files import read_json
    from dlx.run.run import run
    from dlx.sweep.plan import RESUMABLE

    hydra, caller = HydraConfig.get(), hydra_session.current
    config = plain(cfg)
    choices = {**group_choices(dict(hydra.runtime.choices)), **list_choices(config)}
    folder = Path(hydra.runtime.output_dir)
    made = caller.assembly
    status = (read_json(folder / "summary.json") or {}).get("status")
    try:
        summary = run(
            config,
            folder,
            overrides=list(hydra.overrides.task),
            choices=choices,
            watcher=caller.observer.watcher(),
            resume=status in RESUMABLE,
            hparam_keys=caller.hparam_keys,
            assembly=made if made is not None and made.config == config else None,
        )
    except ConfigError as error:
        return Done(folder, None, error)
    if summary["status"] == "interrupted" and caller.hparam_keys is not None:
        raise KeyboardInterrupt
    return Done(folder, summary)
