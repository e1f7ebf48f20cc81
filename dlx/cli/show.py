"""The progress bar of a run and the table at its end, and `dlx show`, which prints that table again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from dlx.cli.confusion import print_confusion
from dlx.cli.line import admit, folder_flags, understood
from dlx.cli.text import Help
from dlx.config.hydra.session import Observer
from dlx.console import console, relative
from dlx.errors import ConfigError
from dlx.results import by_layer
from dlx.results.escape import markup, plain
from dlx.results.facts import facts, next_commands, notes, stopping, trains
from dlx.results.looks import looks_lines
from dlx.results.metric_info import MetricOrder

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
PARTS = ("train", "val", "test")
MOST, MOST_COLUMNS = 20, 6  # size of the table of test transforms and strata
EXIT = {"finished": 0, "diverged": 0, "failed": 1, "interrupted": 130}


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


class RunWatcher:
    """A progress bar for one run."""

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("[bold]epoch {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}", markup=False),
            console=console,
            refresh_per_second=8,
            disable=not console.is_terminal,
        )

    def start(self, epochs: int, resumed: int) -> None:
        """Show the bar."""
        self.bar.start()
        self.task = self.bar.add_task("run", total=max(epochs, 1), completed=resumed, metrics="")

    def epoch(self, row: Mapping[str, float]) -> None:
        """Advance the bar."""
        shown = [f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step", "lr")]
        self.bar.update(self.task, completed=row["epoch"], metrics="  ".join(shown))

    def end(self, summary: Mapping[str, Any]) -> None:
        """Remove the bar."""
        self.bar.stop()


class Bars(Observer):
    """Shows a progress bar for each run that is not part of a sweep."""

    def watcher(self) -> RunWatcher:
        """Return a progress bar."""
        return RunWatcher()


def conclude(summary: Mapping[str, Any], folder: Path) -> int:
    """Print the results of a single run and return the exit code."""
    run_table(summary, folder)
    return exit_code([summary["status"]])


def exit_code(statuses: Iterable[str]) -> int:
    """Return the exit code for the statuses of runs."""
    return max((EXIT.get(status, 1) for status in statuses), default=0)


def number(value: float | None) -> str:
    """Return a metric as text with four significant digits; empty for None."""
    return "" if value is None else f"{value:.4g}"


def run_table(summary: Mapping[str, Any], folder: Path, matrix: bool = False) -> None:
    """Print the metrics on each split, those of the naive baseline, the notes and the next commands.

    Args:
        summary: summary of the run.
        folder: its folder.
        matrix: print the confusion matrix of a classifier; otherwise its most frequent error.
    """
    metrics, baseline = summary["metrics"], summary["baseline"]
    place = relative(folder)
    parts = [part for part in PARTS if f"{part}/loss" in metrics]
    if parts:
        chosen = {group: summary["choices"].get(group) for group in ("model", "dataset", "optimizer")}
        title = " ".join(f"{group}={option}" for group, option in {**chosen, "seed": summary["seed"]}.items())
        table = Table(title=markup(title), title_justify="left")
        table.add_column("metric")
        for part in parts:
            table.add_column(part, justify="right")
        table.add_column(f"{parts[-1]}, {markup(summary['baseline_name'] or 'naive baseline')}", justify="right")
        for name in MetricOrder([summary]).info:
            row = [metrics.get(f"{part}/{name}") for part in parts]
            if any(value is not None for value in row):
                table.add_row(markup(name), *map(number, row), number(baseline.get(f"{parts[-1]}/{name}")))
        console.print(table)
        of_parts(summary, parts[-1])
    if not trains(summary):
        console.print(job_table(summary))
    console.print(f"[bold]{summary['status']}[/]  " + " · ".join(facts(summary)), highlight=False)
    for note in [*stopping(summary), *notes([summary])]:
        console.print(f"  {plain(note)}", highlight=False, markup=False, soft_wrap=True)
    for table in by_layer.tables(metrics):
        console.print(table)
    if "test" in parts:
        print_confusion(folder, matrix)
    for line in weights(summary, folder):
        console.print(f"  {plain(line)}", highlight=False, markup=False, soft_wrap=True)
    if parts and (more := measured(metrics)):
        line = f"  also measured: {plain(more)}; in summary.json and TensorBoard"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if parts and "test" in parts:
        for line in looks_lines([summary]):
            console.print(f"  {plain(line)}", highlight=False, markup=False, soft_wrap=True)
    if summary["error"]:
        console.print(f"  {plain(summary['error'], lines=True)}", highlight=False, markup=False)
    console.print(f"run   {plain(place)}", highlight=False, markup=False, soft_wrap=True)
    for command in next_commands(summary, place):
        console.print(f"next  {plain(command)}", highlight=False, markup=False, soft_wrap=True)


def of_parts(summary: Mapping[str, Any], part: str) -> None:
    """Print the metrics on a split for each test transform and for each stratum, in one row each."""
    metrics = summary["metrics"]
    names = [path.split("/")[1:] for path in metrics if path.startswith(f"{part}/") and path.count("/") == 2]
    rows = list(dict.fromkeys(row for row, _ in names))
    columns = [name for name in MetricOrder([summary]).info if any(name == metric for _, metric in names)]
    if not rows or not columns:
        return
    table = Table()
    table.add_column(f"{part}, of which")
    for name in columns[:MOST_COLUMNS]:
        table.add_column(markup(name), justify="right")
    for row in rows[:MOST]:
        table.add_row(markup(row), *(number(metrics.get(f"{part}/{row}/{name}")) for name in columns[:MOST_COLUMNS]))
    left_out = [f"{len(rows) - MOST} more rows"] if len(rows) > MOST else []
    left_out += columns[MOST_COLUMNS:]
    if left_out:
        table.caption = f"also in summary.json: {markup(', '.join(left_out))}"
    console.print(table)


def weights(summary: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the trained weights of a network with few parameters (linear models), as lines; [] for a larger one."""
    from dlx.cli.layers import FEW

    if not trains(summary) or not 0 < summary["parameters"] <= FEW or summary["status"] != "finished":
        return []
    from dlx.cli.layers import weights_lines
    from dlx.results.checkpoint import BEST, LAST, readable

    found = (readable(folder / "checkpoints" / name) for name in (BEST, LAST))
    state: Any = next((each["state_dict"] for each in found if each is not None), {})
    lines = weights_lines(state) if isinstance(state, Mapping) else []
    scaled = summary["config"].get("dataset.standardize", False) is not False
    return [*lines, "these weights are for standardized inputs and targets"] if scaled and lines else lines


def measured(metrics: Mapping[str, float]) -> str:
    """Return the number of metrics other than those of the splits as text, by the first segment of their names."""
    heads = Counter(
        head
        for head, _, rest in (name.partition("/") for name in metrics)
        if rest and head not in (*PARTS, *by_layer.HEADS)
    )
    return ", ".join(f"{head} ({count})" for head, count in heads.items())


def job_table(summary: Mapping[str, Any]) -> Table:
    """Return the table of the metrics of a job without training."""
    table = Table(title=markup(f"job={summary['job']} seed={summary['seed']}"), title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for name, value in summary["metrics"].items():
        table.add_row(markup(name), number(value))
    return table
