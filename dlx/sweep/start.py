"""Starting a run or a sweep: compose and check the configuration, then start Hydra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.config.hydra import session as hydra_session
from dlx.config.hydra.session import Caller, Observer
from dlx.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from dlx.assembly.assembly import Assembly
    from dlx.sweep.job import Done
    from dlx.sweep.launch import Sweep


def start(
    words: Sequence[str],
    multirun: bool,
    observer: Observer | None = None,
    again: bool = False,
    only: frozenset[str] | None = None,
) -> Sweep | list[Done]:
    """Check the whole configuration, so that an error leaves no folder behind, and start it with Hydra.

    `sys.argv` remains as it was typed, since Lightning starts the further processes of ddp from it.

    Args:
        words: overrides with full names.
        multirun: sweep even if the experiment has no axes.
        observer: notified of the stages.
        again: train even if an equal run of a sweep is finished.
        only: the identities of the runs of a sweep to train; None: all that are not finished.

    Returns:
        The sweep, or the results of a single run, or those of all runs with another sweeper of Hydra.

    Raises:
        ConfigError: The configuration is invalid, and nothing is written; or a run was refused because of its folder.
    """
    hydra_session.current = Caller(list(words), again, observer or Observer(), only=only)
    try:
        found = _hand_over(list(words), multirun)
    finally:
        hydra_session.current = Caller()
    for refused in [found.refused] if not isinstance(found, list) else [done.refused for done in found]:
        if refused is not None:
            raise refused
    return found


def _hand_over(words: list[str], multirun: bool) -> Sweep | list[Done]:
    from dlx.config import overrides
    from dlx.config.hydra.loader import started
    from dlx.config.hydra.sources import plain
    from dlx.sweep.intervals import DEFAULT, first_value, ranges
    from dlx.sweep.job import job

    overrides.check(words)
    if (found_ranges := ranges(words)) and not multirun:
        key = found_ranges[0].partition("=")[0]
        raise ConfigError(
            f"{found_ranges[0]}: is a range to draw values from; add -m (and --samples N, otherwise {DEFAULT}) "
            f"or give one value, such as {key}={first_value(found_ranges[0])}"
        )
    with explained(words), started() as hydra:
        config, multirun = composed(hydra, words, multirun)
        if multirun:
            found = hydra.multirun(config_name="train", task_function=job, overrides=[*words, "hydra.mode=MULTIRUN"])
            return [run.return_value for batch in found for run in batch] if isinstance(found, list) else found
        from dlx.assembly.assemble import assemble
        from dlx.run.restore import refuse_occupied

        hydra_session.current.assembly = assemble(plain(config))
        refuse_occupied(Path(str(config.hydra.run.dir)), plain(config))
        return [_run(hydra, config, words)]


def _run(hydra: Any, config: DictConfig, words: list[str]) -> Done:
    """Run one configuration, so that it can also be resumed if it is interrupted before its first file is written."""
    from dlx.config.hydra.composer import group_choices, list_choices
    from dlx.config.hydra.sources import plain
    from dlx.run.run import interrupted_early
    from dlx.run.signals import AtOnce, Signals
    from dlx.sweep.job import Done, job

    caller, signals = hydra_session.current, Signals()
    caller.starting = True
    try:
        with signals.installed(), signals.immediate():
            return hydra.run(config_name="train", task_function=job, overrides=[*words, "hydra.mode=RUN"]).return_value
    except (AtOnce, KeyboardInterrupt):
        folder = caller.folders.get("run") or Path(str(config.hydra.run.dir))
        if not folder.is_dir() or (folder / "identity.json").is_file():
            raise KeyboardInterrupt from None
        own = plain(config)
        choices = {**group_choices(dict(config.hydra.runtime.choices)), **list_choices(own)}
        return Done(folder, interrupted_early(own, folder, list(config.hydra.overrides.task), choices))


def composed(hydra: Any, words: list[str], multirun: bool) -> tuple[DictConfig, bool]:
    """Return the configuration with its node `hydra`, and True if it is a sweep, by `-m` or by the experiment."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import ConfigCompositionException
    from hydra.types import RunMode

    def compose(mode: RunMode) -> Any:
        return hydra.compose_config(
            "train", words, run_mode=mode, with_log_configuration=False, validate_sweep_overrides=mode == RunMode.RUN
        )

    try:
        config = compose(RunMode.MULTIRUN if multirun else RunMode.RUN)
    except ConfigCompositionException as error:
        if "Ambiguous value" not in str(error):
            raise
        config = compose(RunMode.MULTIRUN)  # lists of values are valid if the experiment sweeps by itself
        if config.hydra.mode != RunMode.MULTIRUN:
            raise
    HydraConfig.instance().set_config(config)  # ${hydra:...} in hydra.run.dir
    return config, multirun or config.hydra.mode == RunMode.MULTIRUN


@contextmanager
def explained(words: list[str]) -> Iterator[None]:
    """Register the plugins of dlx with Hydra, and turn Hydra's errors in the block into a `ConfigError`."""
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
    except RecursionError:
        raise ConfigError(
            "the configuration is nested too deeply, or a file or a value (${...}) refers to itself"
        ) from None


def assembled(words: Sequence[str]) -> Assembly:
    """Return the checked configuration of a single run with its parts; nothing is run and nothing is written.

    Args:
        words: overrides with full names.

    Raises:
        ConfigError: The configuration is invalid, or it is a sweep.
    """
    from dlx.assembly.assemble import assemble
    from dlx.config import overrides
    from dlx.config.hydra.loader import started
    from dlx.config.hydra.sources import plain

    overrides.check(list(words))
    with explained(list(words)), started() as hydra:
        config, multirun = composed(hydra, list(words), False)
        if multirun:
            raise ConfigError("expected one configuration, got a sweep; give one value for each key")
        return assemble(plain(config))
