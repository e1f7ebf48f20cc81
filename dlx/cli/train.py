"""`dlx train`: one run, or a sweep."""

from __future__ import annotations

import os
import sys
from typing import Any

from dlx import hydra_session, paths
from dlx.cli import line as command_line
from dlx.errors import ConfigError

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
    hydra_session.current.again = line.again
    experiments = [word for word in line.overrides if word.startswith(("experiment=", "+experiment="))]
    if experiments and "," in experiments[0]:
        raise ConfigError("experiment: one study a command; two in one sweep would lose their axes")
    return compose_and_run([*line.flags, *line.overrides])


def compose_and_run(words: list[str]) -> int:
    """Hand the words to Hydra and translate what comes back."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us; Hydra would print them in its own words
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from dlx import hydra_plugins
    from dlx.cli.explain_error import explain
    from dlx.cli.job import job

    hydra_plugins.register()
    showing = any(word in ("-c", "--info", "--shell-completion", "--hydra-help") for word in words)
    outcome: list[Any] = []
    if not showing:
        from dlx.cli import show

        show.prepare(outcome)
    before = sys.argv
    sys.argv = [before[0], *words]
    try:
        hydra.main(version_base="1.3", config_path=str(paths.shipped("conf")), config_name="train")(job)()
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, words) from error
    finally:
        sys.argv = before
    if showing:
        return 0
    return show.conclude(outcome)
