"""`dlx show`: print the results of runs again, or the layers of a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dlx.cli.line import admit, folder_flags, understood
from dlx.cli.run_table import run_table
from dlx.cli.text import Help
from dlx.console import console, relative
from dlx.errors import ConfigError
from dlx.results.facts import trains

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly

HELP = Help(
    usage=["dlx show [--layers] RUN ...", "dlx show OVERRIDE ..."],
    summary="Print the results of a run again, as at its end; or the layers of a network with the shapes of their "
    "outputs and weights, their parameters and floating-point operations, also before any training.",
    sections={
        "examples": {
            "dlx show outputs/runs/2026-01-31/12-00-00-3f2a1b4c": "the table, the notes and the next commands of a run",
            "dlx show RUN --layers": "and the layers of its network",
            "dlx show model=cnn dataset=digits": "the layers of a network that is not trained yet",
        },
        "options": {
            "--layers": "print the layers of the run's network too",
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "A multiplication with an addition counts as two operations (FLOPs) of a forward pass; matrix products, "
        "convolutions, attention and recurrent layers are counted."
    ],
)


def main(arguments: list[str]) -> int:
    """Print runs again, or the layers of a configured network, and return the exit code."""
    flags = folder_flags("show")
    flags.add_argument("--layers", action="store_true")
    found = flags.read(arguments)
    if found.help:
        print(HELP)
        return 0
    admit(found.admit)
    typed = [word for word in found.words if "=" in word and not Path(word).is_dir()]
    folders = [Path(word) for word in found.words if word not in typed]
    if typed and folders:
        raise ConfigError(f"dlx show: expected folders of runs or overrides, got both ({folders[0]} and {typed[0]})")
    if not typed and not folders:
        raise ConfigError("dlx show: expected the folder of a run, or overrides such as model=cnn")
    if typed:
        show_layers([each for word in typed for each in understood(word)])
    for folder in folders:
        show_run(folder, found.layers)
    return 0


def show_run(folder: Path, with_layers: bool) -> None:
    """Print the results of a run, and with `with_layers` the layers of its network."""
    from dlx.run import restore

    config, summary = restore.recorded(folder)
    run_table(summary, folder, matrix=True)
    if with_layers and not trains(summary):
        raise ConfigError(f"--layers: {relative(folder)} is a measurement ({summary['job']}) and has no network")
    if with_layers:
        print_layers(restore.reassemble(folder, config))


def show_layers(words: list[str]) -> None:
    """Print the layers of the network of a configuration, which is not trained."""
    from dlx.sweep.start import assembled

    print_layers(assembled(words))


def print_layers(assembly: Assembly) -> None:
    """Print the layers of a network."""
    from dlx.cli.layers import layers_table
    from dlx.run.layers import layers_of

    spec = assembly.data.spec
    title = f"model={assembly.checked.model.option} for {spec}"
    console.print(layers_table(layers_of(assembly), title))
