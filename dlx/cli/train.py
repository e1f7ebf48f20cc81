"""`dlx train`: one run, or a sweep."""

from __future__ import annotations

import os
import sys
from typing import Any

from dlx import paths
from dlx.cli import line as command_line
from dlx.config import overrides
from dlx.config.hydra import session as hydra_session

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
  --admit MODULE      let a configuration name classes of your own module (./MODULE.py)
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
    return start_shown(line.overrides, line.multirun)


def show_configuration(words: list[str]) -> int:
    """Let Hydra show what it composes (`--cfg`, `--info`, `--hydra-help`)."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us; Hydra would print them in its own words
    import hydra

    from dlx.sweep.job import job
    from dlx.sweep.start import explained

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


def start_shown(words: list[str], multirun: bool) -> int:
    """Run or sweep with a progress bar, print the table at the end and return the exit code."""
    from dlx.cli import show
    from dlx.sweep.start import start

    outcome: list[Any] = []
    start(words, multirun, lambda: show.RunWatcher(outcome))
    return show.conclude(outcome)
