"""`dlx train`: train one model, or sweep over many configurations."""

from __future__ import annotations

from dlx.cli import line as command_line
from dlx.cli.text import Help
from dlx.config import overrides

HELP = Help(
    usage=["dlx train [OPTIONS] [OVERRIDE ...]"],
    summary="Train one model, or with -m every combination of the listed options and values. An experiment that has "
    "axes sweeps by itself.",
    sections={
        "examples": {
            "dlx train": "train an MLP on handwritten digits",
            "dlx train model=lstm optim=adam": "train an LSTM on the yearly sunspot numbers",
            "dlx train model.depth=10 optim.lr=1e-2": "set keys of options; dlx axes lists them",
            "dlx train -m act=relu,tanh 'seed=range(5)'": "sweep: two activations, five seeds each",
            "dlx train -m optim.lr='tag(log,interval(1e-4,1e-1))'": "random search: 20 learning rates from a range",
            "dlx train experiment=dropout": "run an experiment that ships with dlx",
            "dlx train data=csv data.path=my.csv data.target=price": "train on your own table",
        },
        "options (anywhere on the line)": {
            "-m, --multirun": "sweep over every combination of the comma-separated values",
            "--samples N": "with -m and a range interval(A,B): number of values to draw (default: 20)",
            "--test": "with -m: show the test metrics of all arms, not only of the one that validation chooses",
            "--again": "train even if an equal run of a sweep is finished",
            "--cfg job|hydra|all": "print the configuration instead of training",
            "--package GROUP": "with --cfg: print only this part",
            "--resolve": "with --cfg: resolve interpolations",
            "--info [TOPIC]": f"print what Hydra composes; TOPIC is one of {', '.join(command_line.INFO)}",
            "--admit MODULE": "let a configuration name classes of your own module (./MODULE.py)",
            "--env NAME": "let a configuration read the environment variable NAME (${oc.env:NAME})",
            "--traceback": "print where an error was raised",
            "-h, --help": "print this page",
        },
    },
)


def main(arguments: list[str]) -> int:
    """Compose the configuration, check it, train, and return the exit code."""
    line = command_line.parse(arguments)
    if line.help:
        print(HELP)
        return 0
    command_line.admit(line.admit, line.env)
    if line.showing:
        overrides.check(line.overrides)
        return show_configuration([*line.flags, *line.overrides])
    return start_shown(line.overrides, line.multirun, line.again, test=line.test)


def show_configuration(words: list[str]) -> int:
    """Print the composed configuration as Hydra does (`--cfg`, `--info`, `--hydra-help`)."""
    from hydra._internal.utils import get_args_parser

    from dlx.config.hydra.loader import PRIMARY, started
    from dlx.sweep.start import explained

    parser = get_args_parser()
    typed = parser.parse_args(words)
    with explained(typed.overrides), started() as hydra:
        if typed.hydra_help:
            hydra.hydra_help(None, args_parser=parser, args=typed)
        elif typed.info:
            hydra.show_info(typed.info, PRIMARY, typed.overrides)
        else:
            hydra.show_cfg(PRIMARY, typed.overrides, typed.cfg, typed.package, typed.resolve)
    return 0


def start_shown(
    words: list[str], multirun: bool, again: bool = False, only: frozenset[str] | None = None, test: bool = False
) -> int:
    """Run or sweep with a progress bar, print the table of results and return the exit code.

    Args:
        words: overrides with full names.
        multirun: sweep even if the experiment has no axes.
        again: train even if an equal run of a sweep is finished.
        only: the identities of the runs of the sweep to train; None: all that are not finished.
        test: show the test metrics of all arms of a sweep, not only of the one that validation chooses.
    """
    from dlx.cli.progress_bar import Bars
    from dlx.cli.run_table import conclude, exit_code
    from dlx.console import console
    from dlx.sweep.intervals import said
    from dlx.sweep.show import show_sweep
    from dlx.sweep.start import start

    if multirun and (drawn := said(words)):
        console.print(drawn, highlight=False, markup=False, soft_wrap=True)
    found = start(words, multirun, Bars(), again, only)
    if isinstance(found, list):
        return max((conclude(done.summary, done.folder) for done in found if done.summary), default=0)
    show_sweep(found, test)
    return exit_code(found.statuses)
