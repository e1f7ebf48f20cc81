"""Starting a run or a sweep: compose, check everything, hand over to Hydra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import paths
from dlx.config.hydra import session as hydra_session

if TYPE_CHECKING:
    from omegaconf import DictConfig


def start(words: list[str], multirun: bool, make_watcher: Callable[[], Any] | None = None) -> None:
    """Check everything first, so that a mistake leaves no folder behind; then hand over to Hydra.

    `sys.argv` stays as it was typed: Lightning starts the further processes of ddp from it.

    Args:
        words: overrides with full names.
        multirun: sweep, also where the experiment does not say so.
        make_watcher: makes what watches a single run (see `dlx.run.attempt.Watcher`).

    Raises:
        ConfigError: something cannot be used; nothing is written.
    """
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    from dlx.config.hydra.sources import plain
    from dlx.sweep.job import job

    session = hydra_session.current
    session.words = words
    with explained(words), initialize_config_dir(str(paths.shipped("conf")), job_name="dlx", version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        config, multirun = composed(hydra, words, multirun)
        session.make_watcher = make_watcher
        if multirun:
            hydra.multirun(config_name="train", task_function=job, overrides=[*words, "hydra.mode=MULTIRUN"])
        else:
            from dlx.assembly.assemble import assemble
            from dlx.run.restore import refuse_occupied

            session.assembly = assemble(plain(config))
            refuse_occupied(Path(str(config.hydra.run.dir)), plain(config))
            session.starting = True
            hydra.run(config_name="train", task_function=job, overrides=[*words, "hydra.mode=RUN"])
    if session.refused:
        raise session.refused


def composed(hydra: Any, words: list[str], multirun: bool) -> tuple[DictConfig, bool]:
    """Return the configuration with its node `hydra`, and whether it is a sweep: by `-m` or by the experiment."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import ConfigCompositionException
    from hydra.types import RunMode

    from dlx.config.hydra import gate as hydra_gate
    from dlx.config.hydra.sources import plain

    def compose(mode: RunMode) -> Any:
        return hydra.compose_config(
            "train", words, run_mode=mode, with_log_configuration=False, validate_sweep_overrides=mode == RunMode.RUN
        )

    try:
        config = compose(RunMode.MULTIRUN if multirun else RunMode.RUN)
    except ConfigCompositionException as error:
        if "Ambiguous value" not in str(error):
            raise
        config = compose(RunMode.MULTIRUN)  # lists of values: fine where an experiment sweeps by itself
        if config.hydra.mode != RunMode.MULTIRUN:
            raise
    hydra_gate.check(plain(config.hydra, resolve=False))
    HydraConfig.instance().set_config(config)  # ${hydra:...} in hydra.run.dir
    return config, multirun or config.hydra.mode == RunMode.MULTIRUN


@contextmanager
def explained(words: list[str]) -> Iterator[None]:
    """Register what dlx adds to Hydra, and turn Hydra's errors inside the block into ours."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from dlx.sweep import register

    try:
        register.register()
        yield
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        from dlx.config.hydra.errors import explain

        raise explain(error, words) from error
