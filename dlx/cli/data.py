"""`dlx data describe`: show data without training: columns, missing values, distributions, and what next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.cli.flags import Flags, some
from dlx.cli.text import Help
from dlx.config import catalog, overrides
from dlx.config.aliases import full_name
from dlx.errors import ConfigError, nearest
from dlx.results import escape

if TYPE_CHECKING:
    from dlx.run.describe import Description

HELP = Help(
    usage=["dlx data describe [OPTIONS] FILE|FOLDER [dataset.KEY=VALUE ...]"],
    summary="Show a table, a series, arrays or a folder of pictures of yours without training: columns with their "
    "kinds, missing values and distributions, or classes, counts and sizes, how a dataset reads them, and a command "
    "that trains on them.",
    sections={
        "examples": {
            "dlx data describe houses.csv": "all columns",
            "dlx data describe houses.csv dataset.target=price": "how the rows become inputs and targets",
            "dlx data describe prices.csv dataset=csv_series dataset.time=day": "a series",
            "dlx data describe houses.csv --plot houses.svg": "with a picture of the distributions",
            "dlx data describe pictures": "a folder of pictures; also .npz and .npy files",
        },
        "options": {
            "--plot FILE": "draw the distributions to a .svg, .png or .pdf file",
            "-h, --help": "print this page",
        },
    },
)
DESCRIBE = "describe"
READERS = ("csv", "csv_series", "parquet", "image_folder", "arrays")
SUFFIXES = (".svg", ".png", ".pdf")


def main(arguments: list[str]) -> int:
    """Describe a file and return the exit code."""
    flags = Flags("dlx data")
    flags.add_argument("--plot", type=some("--plot"))
    wanted = flags.read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    command, *words = wanted.words or [""]
    if command != DESCRIBE:
        raise ConfigError(f"dlx data: expected describe FILE, got {command!r}{nearest(command, [DESCRIBE])}")
    files = [word for word in words if "=" not in word]
    if len(files) != 1:
        raise ConfigError(f"dlx data describe: expected one file or folder, e.g. houses.csv, got {len(files)}")
    plot = None if wanted.plot is None else Path(wanted.plot)
    if plot is not None and plot.suffix not in SUFFIXES:
        raise ConfigError(f"--plot: expected a file that ends in {', '.join(SUFFIXES)}, got {wanted.plot!r}")
    option, keys = dataset_keys([word for word in words if "=" in word])

    from dlx.run.describe import describe

    found = describe(Path(files[0]).expanduser(), keys, option)
    print_description(found)
    if plot is not None:
        from dlx.results.columns import draw_columns

        draw_columns([(column.name, column.values, column.shares) for column in found.columns if column.shares], plot)
        print(f"plot  {escape.plain(plot)}")
    print(f"next  {escape.plain(found.command)}")
    return 0


def dataset_keys(words: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the dataset that overrides choose, or "", and its keys.

    Raises:
        ConfigError: an override is not one of a dataset that reads files.
    """
    option, keys = "", {}
    for word in words:
        found = overrides.parse(full_name(overrides.quoted(word)))
        group, _, key = found.key_or_group.partition(".")
        if group != "dataset":
            raise ConfigError(f"{found.key_or_group}: expected keys of the dataset, e.g. dataset.target=price")
        value = plain(found.value())
        if not key and value not in READERS:
            raise ConfigError(f"dataset={value}: reads no file{nearest(str(value), READERS)}")
        if not key:
            option = str(value)
        else:
            keys[key] = value
    known = {
        key.path for name in [option] * bool(option) or READERS for key in catalog.keys(catalog.read("dataset", name))
    }
    for key in keys:
        if f"dataset.{key}" not in known or key == "path":
            raise ConfigError(f"dataset.{key}: no such key{nearest(f'dataset.{key}', known)}")
    return option, keys


def plain(value: Any) -> Any:
    """Return the value of an override as plain text, number or list."""
    from hydra.core.override_parser.types import QuotedString

    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.text if isinstance(value, QuotedString) else value


def print_description(found: Description) -> None:
    """Print a table of the columns and what was found."""
    from rich.table import Table

    from dlx.console import console

    table = Table(title=escape.markup(f"{found.path}: {found.rows} {found.unit} ({found.form})"), title_justify="left")
    for name in ("column", "kind", "missing", "different", "values", "distribution"):
        justify: Any = "right" if name in ("missing", "different") else "left"
        table.add_column(name, justify=justify, no_wrap=name == "distribution", overflow="fold")
    for column in found.columns:
        if column.problem:
            cells = [column.name, column.kind, "", "", column.problem, ""]
        else:
            counts = [str(column.missing or ""), str(column.distinct)]
            cells = [column.name, column.kind, *counts, column.values, column.blocks]
        table.add_row(*map(escape.markup, cells))
    console.print(table)
    for line in found.reading:
        console.print(f"  {escape.plain(line)}", highlight=False, markup=False, soft_wrap=True)
    if found.guessed:
        said = f"  the target {found.guessed} is a guess; dataset.target=... names another one"
        console.print(escape.plain(said), highlight=False, markup=False, soft_wrap=True)
