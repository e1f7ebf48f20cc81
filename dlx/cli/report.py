"""dlx report: any runs compared."""

from __future__ import annotations

import sys
from pathlib import Path

from dlx.config.aliases import full_name
from dlx.errors import ConfigError, nearest

HELP = """dlx report [FOLDERS] [flags]: compare runs; columns are the parameters that differ, mean ± interval over seeds

  dlx report                                       all runs below outputs/
  dlx report outputs/sweeps/he_30_layers           those of a sweep
  dlx report --by activation --metric 'test/*'

  --by KEY,...        the keys that make the arms; all others are pooled
  --metric NAME,...   columns
  --format NAME       table, csv, json, html or latex
  --plot FILE         a picture of the first metric (.svg, .png, .pdf)
  --tests             test every pair of arms (paired t where they share their seeds, Holm)

In a notebook: from dlx import load_results; load_results("outputs/sweeps/he_30_layers") is a pandas frame."""
WIDE = 1000  # columns where nobody looks: a table in a pipe or file is not wrapped
FLAGS = ("--by", "--metric", "--format", "--plot", "--tests")


def main(arguments: list[str]) -> int:
    """Read the runs, compare them, and write; return the exit code."""
    if {"-h", "--help"} & set(arguments):
        print(HELP)
        return 0
    folders, values = parse(arguments)
    from dlx import paths
    from dlx.results.compare import compare, test_lines
    from dlx.results.formats import FORMATS, WRITERS
    from dlx.results.runs import read_runs
    from dlx.results.table import print_table

    form = (values.get("--format") or ["table"])[0]
    if form not in FORMATS:
        raise ConfigError(f"--format: no such format {form!r}{nearest(form, FORMATS)}")
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder")
    runs = read_runs(folders or [paths.outputs()])
    comparison = compare(runs, [full_name(key) for key in values.get("--by", [])], values.get("--metric", []))
    if form == "table":
        from rich.console import Console

        console = Console(width=None if sys.stdout.isatty() else WIDE)
        print_table(console, comparison.table, console.width, "--metric {metric} shows it, --format csv shows all")
        if comparison.repeated:
            print(f"{comparison.repeated} runs left out: equal to others here, so they are no further seeds")
    else:
        print(WRITERS[form](comparison.table), end="")
    if "--tests" in values:
        lines = test_lines(comparison, comparison.metrics[0])
        print("\n".join([f"{comparison.metrics[0]}:", *lines] if lines else ["no two arms have two runs each to test"]))
    if "--plot" in values:
        from dlx.results.plot import draw

        path = Path(values["--plot"][0])
        draw(comparison, path)
        if form == "table":
            print(f"plot {path}")
    return 0


def parse(arguments: list[str]) -> tuple[list[Path], dict[str, list[str]]]:
    """Sort what was typed into folders and the values of flags.

    Raises:
        ConfigError: a flag that does not exist or has no value.
    """
    folders: list[Path] = []
    values: dict[str, list[str]] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name == "--tests":
            values[name] = []
        elif name in FLAGS:
            value = value if equals else (rest.pop(0) if rest else "")
            if not value:
                raise ConfigError(f"{name}: needs a value")
            values.setdefault(name, []).extend(value.split(",") if name in ("--by", "--metric") else [value])
        elif word.startswith("-"):
            raise ConfigError(f"{word}: no such flag{nearest(word, FLAGS)}")
        else:
            folders.append(Path(word))
    return folders, values
