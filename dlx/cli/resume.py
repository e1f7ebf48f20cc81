"""`dlx resume`: resume an interrupted run or sweep; the results equal those of an uninterrupted one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlx.cli.line import folders
from dlx.cli.text import Help
from dlx.errors import ConfigError
from dlx.results.escape import plain
from dlx.stored.sweep import read_sweep

HELP = Help(
    usage=["dlx resume [OPTIONS] RUN|SWEEP ...", "dlx resume RUN trainer.max_epochs=N"],
    summary="Resume an interrupted run or sweep, or train a finished run longer. The results are those of an "
    "uninterrupted run, bit for bit.",
    sections={
        "examples": {
            "dlx resume outputs/runs/2026-01-31/12-00-00-3f2a1b4c": "continue one run from its last checkpoint",
            "dlx resume outputs/sweeps/dropout": "complete the unfinished runs of a sweep",
            "dlx resume RUN trainer.max_epochs=200": "train a finished run up to epoch 200",
        },
        "options": {
            "--admit MODULE": "allow classes of your own module ./MODULE.py, as in dlx train",
            "--env NAME": "let the configuration of a sweep read the environment variable NAME, as in dlx train",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "A run that is trained longer becomes the longer run: its identity, its best weights and its results are those "
        "of one that was asked for all epochs at once. A schedule that depends on the number of epochs (cosine, "
        "one_cycle, warmup_cosine) has other learning rates from the start, so such a run is refused; so is one that "
        "early stopping has ended. Nothing but trainer.max_epochs can change."
    ],
)


def main(arguments: list[str]) -> int:
    """Resume each run or sweep and return the exit code."""
    words = [word for word in arguments if "=" in word and not word.startswith("-") and not Path(word).exists()]
    chosen = folders("resume", [word for word in arguments if word not in words], str(HELP))
    if chosen is None:
        return 0
    for folder in chosen:  # check all folders before the first one is resumed, which may take hours
        check(folder)
    if words:
        return train_longer(chosen, words)
    return max(resume(folder) for folder in chosen)


def train_longer(chosen: Sequence[Path], words: Sequence[str]) -> int:
    """Train a run for more epochs and return the exit code.

    Raises:
        ConfigError: Another key than the number of epochs is to change, or it is no run.
    """
    from dlx.config import overrides
    from dlx.config.aliases import full_name
    from dlx.run.restore import refuse_sweep

    if len(chosen) > 1:
        raise ConfigError(f"dlx resume: expected one run to train longer, got {len(chosen)} folders")
    refuse_sweep(chosen[0])
    wanted = 0
    for word in words:
        override = overrides.parse(full_name(overrides.quoted(word)))
        key, epochs = override.key_or_group, override.value()
        if key != "trainer.max_epochs":
            raise ConfigError(
                f"{key}: cannot change when a run goes on, since its first epochs were trained without it; expected "
                f"trainer.max_epochs=N alone, or a new run: dlx train ... {word}"
            )
        if type(epochs) is not int or epochs < 1:
            raise ConfigError(f"{key}: expected a whole number of epochs, got {word.partition('=')[2]!r}")
        wanted = epochs
    from dlx.run import restore
    from dlx.run.longer import lengthened

    config, _ = restore.recorded(chosen[0])
    refuse_senders(chosen[0], config.get("logger", {}).values())
    lengthened(chosen[0], wanted)
    return resume_run(chosen[0])


def check(folder: Path) -> None:
    """Refuse a folder that contains neither a run nor a sweep.

    Raises:
        ConfigError: There is no run or sweep; the message names the folder.
    """
    from dlx.run import restore

    sweep = read_sweep(folder)
    if sweep is not None:
        for word in command_of(folder, sweep):
            believed(folder, word)
    else:
        restore.recorded(folder)


def resume(folder: Path) -> int:
    """Resume one run or sweep and return its exit code."""
    sweep = read_sweep(folder)
    if sweep is not None:
        return resume_sweep(folder, sweep)
    return resume_run(folder)


def resume_run(folder: Path) -> int:
    """Resume a run from its last checkpoint, or from the start if it has none."""
    from dlx.run import restore

    config, summary = restore.recorded(folder)
    refuse_senders(folder, config.get("logger", {}).values())
    if summary["status"] in ("finished", "diverged"):
        print(f"{plain(folder)}: the run has {summary['status']}; there is nothing to resume")
        if summary["status"] == "finished" and summary["job"] == "train":
            print(f"dlx resume {plain(folder)} trainer.max_epochs=N trains it longer, for N epochs in all")
        return 0
    assembly = restore.reassemble(folder, config)

    from dlx.cli.progress_bar import RunWatcher
    from dlx.cli.run_table import conclude
    from dlx.run.run import run

    done = run(
        config,
        folder,
        overrides=summary["overrides"],
        choices=summary["choices"],
        watcher=RunWatcher(),
        resume=True,
        assembly=assembly,
    )
    return conclude(done, folder)


def resume_sweep(folder: Path, sweep: Mapping[str, Any], only: frozenset[str] | None = None) -> int:
    """Repeat the command of a sweep in its own folder, where finished runs are reused."""
    from dlx.cli.train import start_shown
    from dlx.sweep.plan import quoted

    words = [word for word in command_of(folder, sweep) if believed(folder, word)]
    return start_shown([*words, f"hydra.sweep.dir={quoted(folder)}"], multirun=True, only=only)


def believed(folder: Path, word: str) -> bool:
    """Return whether an override of an untrusted sweep.json is repeated; of Hydra's own keys only the launcher's are.

    Raises:
        ConfigError: The word is no override, or gives the launcher more than a number: a launcher may execute commands
            and write elsewhere.
    """
    from dlx.config import catalog, overrides

    try:
        override = overrides.parse(word)
    except ConfigError as error:
        raise ConfigError(f"{folder / 'sweep.json'}: {error}") from None
    key = override.key_or_group
    if key.partition(".")[0] == "logger":
        for choice in overrides.chosen(override):
            for name in choice if isinstance(choice, list) else [choice]:
                refuse_senders(folder, catalog.read("logger", str(name)).node.values())
    if not key.startswith(("hydra.", "hydra/")):
        return True
    if key.startswith("hydra.launcher") and not isinstance(override.value(), int | float):
        raise ConfigError(
            f"{folder / 'sweep.json'}: {key} is not taken from a file; look at the command there and repeat it "
            f"yourself: dlx train -m ... hydra.sweep.dir={folder}"
        )
    return key.startswith(("hydra/launcher", "hydra.launcher"))


def refuse_senders(folder: Path, nodes: Iterable[Any]) -> None:
    """Refuse loggers of an untrusted folder that send metrics to a place outside it, unless they are admitted by name.

    Args:
        folder: the folder of a run or a sweep.
        nodes: the nodes of the loggers.

    Raises:
        ConfigError: A logger would leave the folder; the message names it.
    """
    from dlx.config.node import is_node, option_of, target_of
    from dlx.config.own import admitted  # torch is slow to import
    from dlx.config.schema import constant

    for target in (target_of(node) for node in nodes if is_node(node)):
        name = option_of(target)
        if constant(target, "leaves_folder") and name not in admitted():
            raise ConfigError(
                f"{folder}: logger={name} sends metrics to a place outside this folder; if the run is your own: "
                f"dlx resume --admit {name} {folder}"
            )


def command_of(folder: Path, sweep: Mapping[str, Any]) -> list[str]:
    """Return the overrides that made a sweep.

    Raises:
        ConfigError: The file does not record them.
    """
    words: list[str] | None = sweep["command"]
    if words is None:
        raise ConfigError(f"{folder / 'sweep.json'}: does not record the command of the sweep")
    return words
