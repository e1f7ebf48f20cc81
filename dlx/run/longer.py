"""A run that has ended goes on for more epochs, as if it had been asked for them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlx.assembly.assembly import Assembly
from dlx.config import catalog
from dlx.config.identity import canonical, identity
from dlx.errors import ConfigError
from dlx.files import refuse_links, write_json
from dlx.results.checkpoint import load_last
from dlx.run import restore
from dlx.stored.run import read_identity
from dlx.stored.sweep import read_sweep
from dlx.training.progress import Progress

KEY = "trainer.max_epochs"
REPEAT = "dlx train {overrides} {key}={epochs}"


def lengthened(folder: Path, epochs: int) -> Mapping[str, Any]:
    """Make a run in a folder an interrupted one of more epochs, which then resumes, and return its configuration.

    What it has trained is what the longer run would have trained up to there, or it is refused and nothing changes.

    Args:
        folder: the folder of the run.
        epochs: the number of epochs of the longer run.

    Raises:
        ConfigError: The run cannot go on, or would not equal one that was asked for at once, or its folder contains a
            link; the message says why.
    """
    refuse_links(folder)
    config, summary = restore.recorded(folder)
    before = int(config["trainer"]["max_epochs"])
    overrides = [word for word in summary["overrides"] if not word.startswith(f"{KEY}=")]
    again = REPEAT.format(overrides=" ".join(overrides), key=KEY, epochs=epochs).replace("  ", " ")
    restore.refuse_untrained(folder, summary)
    refuse_member(folder, epochs)
    if epochs <= before:
        raise ConfigError(
            f"{KEY}: the run was asked for {before} epochs; expected more than that to go on, got {epochs}"
            + (f"; without it, dlx resume {folder} completes them" if summary["status"] != "finished" else "")
        )
    longer = {**config, "trainer": {**config["trainer"], "max_epochs": epochs}}
    assembly = restore.reassemble(folder, longer)
    restore.refuse_other_data(folder, assembly.data.hash)
    refuse_length(assembly, config, overrides, again)
    refuse_stopped(folder, progress_of(folder, assembly), assembly, again)
    former = read_identity(folder)
    assert former is not None, "recorded above"
    changed = {"overrides": [*overrides, f"{KEY}={epochs}"], "status": "interrupted"}
    write_json(folder / "summary.json", {**summary, **changed})  # from here on, dlx resume goes on with it
    record = {"identity": identity(longer), "config": canonical(longer, assembly.revision), "full_config": longer}
    write_json(folder / "identity.json", {**former, "launcher": "single", **record})
    return longer


def refuse_member(folder: Path, epochs: int) -> None:
    """Refuse a run of a sweep, which would lack it.

    Raises:
        ConfigError: The folder above is that of a sweep.
    """
    if read_sweep(folder.absolute().parent) is not None:
        copy = folder.absolute().parent.parent / f"{folder.name}-longer"
        raise ConfigError(
            f"{folder}: belongs to a sweep, which would lack it; go on with a copy: "
            f"cp -r {folder} {copy} && dlx resume {copy} {KEY}={epochs}"
        )


def progress_of(folder: Path, assembly: Assembly) -> Progress:
    """Return the progress of a run according to its last checkpoint.

    Raises:
        ConfigError: It has no checkpoint from which training can go on.
    """
    if assembly.examples.all_folds is not None:
        raise ConfigError(f"{folder}: dataset.fold=all keeps no network of a fold; expected a run of one fold")
    last = load_last(folder / "checkpoints")
    if last is None:
        raise ConfigError(f"{folder / 'checkpoints' / 'last.ckpt'}: is missing; training goes on from it")
    try:
        return Progress(**last.checkpoint["dlx"]["progress"])
    except (KeyError, TypeError):
        raise ConfigError(f"{last.file}: holds no state of a training to go on from") from None


def refuse_stopped(folder: Path, progress: Progress, assembly: Assembly, again: str) -> None:
    """Refuse a run that ended before its last epoch, or did not train: with more epochs it would end there as well.

    Raises:
        ConfigError: It did; the message says what ended it.
    """
    if progress.step == 0:
        raise ConfigError(
            f"{folder}: has taken no training step (trainer.max_epochs=0, a model that is solved in closed form or "
            f"frozen), so there is nothing to go on from; train a new run: {again}"
        )
    if not progress.stopped:
        return
    steps = assembly.trainer.max_steps
    stopping = [name for name, part in assembly.recipe.regularizers.items()
                if part.stops(progress.history, assembly.objective.better(assembly.recipe.monitor))]  # fmt: skip
    if steps is not None and progress.step >= steps:
        why = f"trainer.max_steps={steps} ended it"
    elif stopping:
        why = f"regularizer={stopping[0]} ended it"
    else:
        why = "its optimizer or a callback ended it"
    raise ConfigError(
        f"{folder}: {why} after epoch {progress.epoch}, and would end a longer run there too; nothing is left to train"
    )


def refuse_length(assembly: Assembly, config: Mapping[str, Any], overrides: Sequence[str], again: str) -> None:
    """Refuse options whose every step depends on the number of epochs.

    Raises:
        ConfigError: A schedule or a callback does; the message names it.
    """
    schedules = {"scheduler": assembly.recipe.scheduler}
    schedules |= {f"{part}.scheduler": own["scheduler"] for part, own in assembly.recipe.parts.items()
                  if "scheduler" in own}  # fmt: skip
    for path, choice in schedules.items():
        spans = [key for key, value in catalog.read("scheduler", choice.option).node.items() if KEY in str(value)]
        spans = [key for key in spans if not any(word.startswith(f"{path}.{key}=") for word in overrides)]
        if choice.takes("steps") or spans:
            raise ConfigError(
                f"{path}={choice.option}: its learning rates depend on {KEY}, so a longer run has others from the "
                f"first epoch on; train it at once: {again}"
            )
    for name, choice in assembly.checked.callbacks.items():
        if choice.cls.ends_with_run:  # type: ignore[attr-defined]
            raise ConfigError(
                f"callbacks={name}: changes the weights when a run ends, so this one cannot go on; train the longer "
                f"one at once: {again}"
            )
