"""`dlx report`: compare runs, grouped into arms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dlx.cli.flags import Flags, several, some
from dlx.cli.text import Help
from dlx.config.aliases import full_name
from dlx.errors import ConfigError, nearest

HELP = Help(
    usage=["dlx report [OPTIONS] [FOLDER ...]"],
    summary="Compare runs. Runs that differ only in their seed form one arm. The table shows the parameters in which "
    "the arms differ, and for each metric the mean over the runs of an arm ± half of its 95 % interval.",
    sections={
        "examples": {
            "dlx report": "all runs below outputs/",
            "dlx report outputs/sweeps/he_30_layers": "the runs of a sweep",
            "dlx report --by activation --metric 'test/*'": "one arm for each activation, all test metrics",
        },
        "options": {
            "--by KEY,...": "the parameters that define the arms; runs that differ in others are pooled",
            "--metric NAME,...": "the metrics to show; * matches any text",
            "--format NAME": "table, csv, json, html or latex",
            "--plot FILE": "draw the first metric to a .svg, .png or .pdf file",
            "--tests": "test every pair of arms: t tests, paired if the arms have the same seeds, adjusted by Holm",
            "-h, --help": "print this page",
        },
    },
    notes=[
        'In a notebook: from dlx import load_results; load_results("outputs/sweeps/he_30_layers") returns a pandas '
        "DataFrame."
    ],
)
WIDE = 1000  # columns; a table in a pipe or a file is not wrapped


def main(arguments: Sequence[str]) -> int:
    """Compare the runs, print the comparison and return the exit code."""
    flags = Flags("dlx report")
    for name in ("--by", "--metric"):
        flags.add_argument(name, type=several(name), action="extend", default=[])
    flags.add_argument("--format", type=some("--format"), default="table")
    flags.add_argument("--plot", type=some("--plot"))
    flags.add_argument("--tests", action="store_true")
    wanted = flags.read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    from dlx import paths
    from dlx.results.compare import compare, test_lines
    from dlx.results.escape import plain
    from dlx.results.formats import FORMATS, WRITERS
    from dlx.results.runs import read_runs
    from dlx.results.table import print_table
    from dlx.stored.read import BrokenFileError, passed_over

    if wanted.format not in FORMATS:
        raise ConfigError(f"--format: no such format {wanted.format!r}{nearest(wanted.format, FORMATS)}")
    folders = [Path(word) for word in wanted.words]
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder; expected one that holds runs")
    broken: list[BrokenFileError] = []
    runs = read_runs(folders or [paths.outputs()], broken.append)
    for line in passed_over(broken):
        print(plain(line), file=sys.stderr)
    comparison = compare(runs, [full_name(key) for key in wanted.by], wanted.metric)
    shown = wanted.format == "table"
    if shown:
        from rich.console import Console

        console = Console(width=None if sys.stdout.isatty() else WIDE)
        print_table(console, comparison.table, console.width, "--metric {metric} shows it, --format csv shows all")
        if comparison.repeated:
            print(f"{comparison.repeated} runs left out as duplicates: a repeated run is not a further seed")
        if comparison.outdated:
            earlier = f"{comparison.outdated} runs left out: trained by an earlier version of their model or dataset"
            print(f"{earlier}; train them again")
    else:
        print(WRITERS[wanted.format](comparison.table), end="")
    if wanted.tests:
        lines = test_lines(comparison, comparison.metrics[0])
        said = [f"{comparison.metrics[0]}:", *lines] if lines else ["no two arms have two runs each"]
        print("\n".join(map(plain, said)))
    if wanted.plot:
        from dlx.results.plot import draw

        path = Path(wanted.plot)
        draw(comparison, path)
        if shown:
            print(f"plot {plain(path)}")
    return 0
