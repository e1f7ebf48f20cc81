"""`dlx train`: one run, or a sweep."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import paths
from dlx.cli import line as command_line
from dlx.config import overrides
from dlx.config.hydra import session as hydra_session

if TYPE_CHECKING:
    from omegaconf import DictConfig

HELP = """dlx train [overrides]: one run; with -m, or an experiment with axes: a sweep

  dlx train                                      an mlp on handwritten digits
  dlx train model=lstm optim=adam                an LSTM on the yearly sunspot numbers
  dlx train model.depth=10 optim.lr=1e-2         any key of any option (dlx axes shows them)
  dlx train -m act=relu,tanh 'seed=range(5)'     a sweep: the product of all lists
  dlx train experiment=dropout                   a sweep that ships with dlx
  dlx train dataset=csv dataset.path=my.csv dataset.target=price

flags (anywhere on the line):
  -m, --multirun      sweep over all lists of values
  --again             train although an equal run of a sweep is finished
  --cfg job|hydra|all show the configuration instead of running; --package GROUP shows a part, --resolve resolves
  --info [WHAT]       what Hydra composes: all, config, defaults, defaults-tree, plugins, searchpath
  --admit MODULE      admit classes of your own module (./MODULE.py) as _target_
  --traceback         show where an error came from"""


def main(arguments: list[str]) -> int:
    """Compose, check and run; return the exit code."""
    line = command_line.parse(arguments)
    if line.help:
        print(HELP)
        return 0
    command_line.admit(line.admit)
    overrides.check(line.overrides)
    hydra_session.current.again = line.again
    if line.showing:
        return show_configuration([*line.flags, *line.overrides])
    return compose_and_run(line.overrides, line.multirun)


def show_configuration(words: list[str]) -> int:
    """Let Hydra show what it composes (`--cfg`, `--info`, `--hydra-help`)."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us; Hydra would print them in its own words
    import hydra

    from dlx.sweep.job import job

    before = sys.argv
    sys.argv = [before[0], *words]
    try:
        with explained(words):
            hydra.main(version_base="1.3", config_path=str(paths.shipped("conf")), config_name="train")(job)()
    except SystemExit as end:  # --hydra-help
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


def compose_and_run(words: list[str], multirun: bool) -> int:
    """Check everything first, so that a mistake leaves no folder behind; then hand over to Hydra.

    `sys.argv` stays as it was typed: Lightning starts the further processes of ddp from it.
    """
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    from dlx.config.hydra.sources import plain
    from dlx.sweep.job import job

    session = hydra_session.current
    session.words = words
    outcome: list[Any] = []
    with explained(words), initialize_config_dir(str(paths.shipped("conf")), job_name="dlx", version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        config, multirun = composed(hydra, words, multirun)
        from dlx.cli import show

        show.prepare(outcome)
        if multirun:
            hydra.multirun(config_name="train", task_function=job, overrides=[*words, "hydra.mode=MULTIRUN"])
        else:
            from dlx.assembly.assemble import assemble
            from dlx.run.restore import refuse_occupied

            assemble(plain(config))
            refuse_occupied(Path(str(config.hydra.run.dir)), plain(config))
            session.starting = True
            hydra.run(config_name="train", task_function=job, overrides=[*words, "hydra.mode=RUN"])
    if session.refused:
        raise session.refused
    return show.conclude(outcome)


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

    from dlx.config.hydra import sources

    try:
        sources.register()
        yield
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        from dlx.config.hydra.errors import explain

        raise explain(error, words) from error
