"""The task function of Hydra, at module level so that every launcher can pickle it."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from dlx.config.hydra import session as hydra_session
from dlx.errors import ConfigError
from dlx.run.signals import INTERRUPTED
from dlx.sweep.lock import alone
from dlx.sweep.parent import end_with_parent, is_orphan


@dataclass(frozen=True)
class Done:
    """The result of a run that Hydra started.

    Attributes:
        folder: the folder of the run.
        summary: the summary of the run; None if it was refused.
        refused: the error if the run was refused because of its folder (another run, a broken checkpoint).
    """

    folder: Path
    summary: dict[str, Any] | None
    refused: ConfigError | None = None


def job(cfg: DictConfig) -> Done:
    """Run one configuration in the folder that Hydra created.

    A `ConfigError` is returned instead of raised, since Hydra would print it in its own format.

    Raises:
        KeyboardInterrupt: A run of a sweep was interrupted; this ends the sweep with any launcher.
    """
    from hydra.core.hydra_config import HydraConfig

    from dlx.config.hydra.composer import group_choices, list_choices
    from dlx.config.hydra.sources import plain
    from dlx.run.run import run
    from dlx.stored.run import read_summary
    from dlx.sweep.former import RESUMABLE

    hydra, caller = HydraConfig.get(), hydra_session.current
    worker = caller.hparam_keys is None and not caller.starting  # a process of a launcher of Hydra
    if worker:
        end_with_parent()
    config = plain(cfg)
    choices = {**group_choices(dict(hydra.runtime.choices)), **list_choices(config)}
    folder = Path(hydra.runtime.output_dir)
    made = caller.assembly
    try:
        former = read_summary(folder)
        with alone(folder, "run") if worker else nullcontext():
            summary = run(
                config,
                folder,
                overrides=list(hydra.overrides.task),
                choices=choices,
                watcher=caller.observer.watcher(),
                resume=former is not None and former["status"] in RESUMABLE,
                hparam_keys=caller.hparam_keys,
                assembly=made if made is not None and made.config == config else None,
            )
    except ConfigError as error:
        return Done(folder, None, error)
    if worker and is_orphan():
        os._exit(INTERRUPTED)  # the launcher would start the next job
    if summary["status"] == "interrupted" and caller.hparam_keys is not None:
        raise KeyboardInterrupt
    return Done(folder, summary)
