"""`dlx report`: compare runs, grouped into arms."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from dlx.cli.flags import Flags, several, some
from dlx.cli.text import Help
from dlx.config.aliases import full_name
from dlx.errors import ConfigError, nearest
from dlx.results.escape import plain

if TYPE_CHECKING:
    from dlx.results.compare import Comparison
    from dlx.results.runs import Run

HELP = Help(
    usage=["dlx report [OPTIONS] [FOLDER ...]"],
    summary="Compare runs. Runs that differ only in their seed form one arm. The table shows the parameters in which "
    "the arms differ, and for each metric the mean over the runs of an arm ± half of its 95 % interval; below it stand "
    "the arm that the validation split chooses, and whether it differs from the others. Runs on different tasks (data "
    "sets or headline metrics) have a table each.",
    sections={
        "examples": {
            "dlx report": "all runs below outputs/",
            "dlx report outputs/sweeps/he_30_layers": "the runs of a sweep",
            "dlx report --by activation --metric 'test/*'": "one arm for each activation, all test metrics",
            "dlx report outputs/sweeps/he_30_layers --plot curves --tests": "learning curves, and a test of every pair",
        },
        "options": {
            "--by KEY,...": "the parameters that define the arms; runs that differ in others are pooled",
            "--metric NAME,...": "the metrics to show; * matches any text",
            "--format NAME": "table, csv, json, html or latex",
            "--plot [KIND]": "draw curves (by epoch), metrics (over a key), points (of every run), heatmap (over two "
            "keys) or parallel (coordinates), to KIND.png in the folder; the last three show the first metric",
            "--plot FILE": "draw the first metric, over a numeric key or as points, to a .svg, .png or .pdf file",
            "--output FILE": "with --plot KIND: the file to draw to",
            "--tests": "test every pair of arms: t tests, paired if the arms have the same seeds, adjusted by Holm",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "A table is as wide as the terminal; in a pipe or a file it has 80 columns, or as many as the variable COLUMNS "
        "says. Where not even one metric fits, each arm becomes a block of lines. --format csv has every column.",
        'In a notebook: from dlx import load_results; load_results("outputs/sweeps/he_30_layers") returns a pandas '
        "DataFrame.",
    ],
)
CURVES = "curves"  # what --plot draws if no kind is given
PIPE = 80  # columns in a pipe or a file


def main(arguments: Sequence[str]) -> int:
    """Compare the runs, print the comparison and return the exit code."""
    refuse_formats(arguments)
    wanted = flags().read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    from dlx.results.compare import compare
    from dlx.results.formats import FORMATS, WRITERS
    from dlx.results.tasks import compare_tasks

    if wanted.format not in FORMATS:
        raise ConfigError(f"--format: no such format {wanted.format!r}{nearest(wanted.format, FORMATS)}")
    folders = folders_of(wanted.words)
    kind, path = picture(wanted.plot, wanted.output, folders)
    runs, by = runs_of(folders), [full_name(key) for key in wanted.by]
    found = compare_tasks(runs, by, wanted.metric)
    shown = wanted.format == "table"
    if shown:
        for title, comparison in found:
            show(title, comparison, wanted.tests)
    else:
        whole = replace(compare(runs, by, wanted.metric), mixed=len(found) > 1 or found[0][1].mixed)
        print(WRITERS[wanted.format](whole.table), end="")
        if wanted.tests:
            print_tests(whole)
    if path is not None:
        from dlx.console import relative

        for drawn in draw_tasks(found, kind, path):
            print(f"plot {plain(relative(drawn))}", file=sys.stdout if shown else sys.stderr)
    return 0


def refuse_formats(arguments: Sequence[str]) -> None:
    """Refuse a format that is typed as a flag.

    Raises:
        ConfigError: There is one; the message names the flag for it.
    """
    from dlx.results.formats import FORMATS

    for word in arguments:
        if word.startswith("--") and word[2:] in FORMATS:
            raise ConfigError(f"{word}: no such flag; did you mean --format {word[2:]}?")


def flags() -> Flags:
    """Return the flags of the command."""
    found = Flags("dlx report")
    for name in ("--by", "--metric"):
        found.add_argument(name, type=several(name), action="extend", default=[])
    found.add_argument("--format", type=some("--format"), default="table")
    found.add_argument("--plot", type=some("--plot"), nargs="?", const=CURVES)
    found.add_argument("--output", type=some("--output"))
    found.add_argument("--tests", action="store_true")
    return found


def folders_of(words: Sequence[str]) -> list[Path]:
    """Return the folders that were typed.

    Raises:
        ConfigError: One does not exist.
    """
    folders = [Path(word) for word in words]
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder; expected one that holds runs")
    return folders


def runs_of(folders: Sequence[Path]) -> list[Run]:
    """Return the runs below the folders, by default below outputs/; files that are broken are named on stderr."""
    from dlx import paths
    from dlx.results.runs import read_runs
    from dlx.stored.read import BrokenFileError, passed_over

    broken: list[BrokenFileError] = []
    runs = read_runs(folders or [paths.outputs()], broken.append)
    for line in passed_over(broken):
        print(plain(line), file=sys.stderr)
    return runs


def picture(plot: str | None, output: str | None, folders: Sequence[Path]) -> tuple[str, Path | None]:
    """Return the kind of the picture to draw and its file; no file without --plot.

    Raises:
        ConfigError: The kind or the file is none, or there is a file without a kind.
    """
    if plot is None:
        if output is not None:
            raise ConfigError("--output: goes with --plot KIND, such as --plot curves --output curves.svg")
        return "", None
    from dlx import paths
    from dlx.results.draw import AUTO, KINDS, check_file

    if plot not in KINDS:
        if output is not None:
            raise ConfigError(f"--plot: expected one of {', '.join(KINDS)} with --output; got {plot!r}")
        return AUTO, check_file(Path(plot), "--plot")
    if output is not None:
        return plot, check_file(Path(output), "--output")
    return plot, (folders[0] if len(folders) == 1 else paths.outputs()) / f"{plot}.png"


def show(title: str, comparison: Comparison, tests: bool) -> None:
    """Print the comparison of one task: its title if there are several tasks, its table, and what was chosen."""
    from rich.console import Console

    from dlx.results.arms_by_layer import print_layers
    from dlx.results.selection import selection_lines
    from dlx.results.table import print_table

    if title:
        print(f"{plain(title)}:")
    console = Console(width=get_terminal_size((PIPE, 24)).columns)
    print_table(console, comparison.table, console.width, "--metric {metric} shows it, --format csv shows all")
    for line in selection_lines(comparison, console.width):
        print(line)
    print_layers(console, comparison, console.width)
    if comparison.repeated:
        print(f"{comparison.repeated} runs left out as duplicates: a repeated run is not a further seed")
    if comparison.outdated:
        earlier = f"{comparison.outdated} runs left out: trained by an earlier version of their model or dataset"
        print(f"{earlier}; train them again")
    if tests:
        print_tests(comparison)


def print_tests(comparison: Comparison) -> None:
    """Print the tests of all pairs of arms on the first metric."""
    from dlx.results.compare import test_lines

    lines = test_lines(comparison, comparison.metrics[0])
    said = [f"{comparison.metrics[0]}:", *lines] if lines else ["no two arms have two runs each"]
    print("\n".join(map(plain, said)))


def draw_tasks(found: Sequence[tuple[str, Comparison]], kind: str, path: Path) -> list[Path]:
    """Draw a picture for each task and return the files; those of several tasks end in the name of the task.

    Raises:
        ConfigError: No task has what the picture shows.
    """
    from dlx.results.draw import draw

    drawn: list[Path] = []
    refused: ConfigError | None = None
    for title, comparison in found:
        end = f"-{re.sub(r'[^a-zA-Z0-9_]+', '-', title.partition('=')[2]).strip('-')}" if title else ""
        own = path.with_name(f"{path.stem}{end}{path.suffix}")
        try:
            draw(comparison, own, kind)
        except ConfigError as error:
            refused = error
        else:
            drawn.append(own)
    if not drawn and refused is not None:
        raise refused
    return drawn
