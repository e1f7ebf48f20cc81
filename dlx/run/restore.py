"""Restoring a run from its folder: its configuration, which is checked again, and the network with its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx.errors import ConfigError
from dlx.files import refuse_links
from dlx.stored.run import read_identity, read_summary
from dlx.stored.sweep import read_sweep

if TYPE_CHECKING:
    from torch import nn

    from dlx.assembly.assembly import Assembly


def recorded(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the configuration and the summary of the run in a folder. Both are untrusted: nothing is built here.

    Raises:
        ConfigError: There is no run in the folder, or one of its files is broken.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"{folder}: there is no such folder; expected that of a run, e.g. outputs/runs/<date>/<time>-…"
        )
    identity, summary = read_identity(folder), read_summary(folder)
    if identity is None or summary is None:
        name = "identity.json" if identity is None else "summary.json"
        raise ConfigError(f"{folder / name}: is missing; expected the folder of a run")
    if identity["full_config"] is None:
        raise ConfigError(f"{folder / 'identity.json'}: does not record the configuration of the run")
    return identity["full_config"], summary


def refuse_folder(folder: Path, config: Mapping[str, Any], resume: bool) -> None:
    """Refuse a folder that contains a link, or that holds another run than the one that is to be resumed there.

    Raises:
        ConfigError: The message names the folder.
    """
    if resume:
        refuse_occupied(folder, config)
    else:
        refuse_links(folder)


def refuse_occupied(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse a folder that contains another run, or a checkpoint that cannot be loaded; the folder is not changed.

    Raises:
        ConfigError: The folder cannot be used; the message names the folder or the file.
    """
    from dlx.config.identity import canonical
    from dlx.results.checkpoint import load_last

    refuse_links(folder)
    former = read_identity(folder)
    if former is not None and unrevised(former["config"]) != unrevised(canonical(config)):
        raise ConfigError(f"{folder}: holds a run of another configuration; choose another folder")
    load_last(folder / "checkpoints")


def unrevised(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a recorded canonical configuration without the revision of the model, which only the data tell.

    The marks of the dataset's revision are left out as well.
    """
    from dlx.config.node import TARGET, target_of
    from dlx.config.revision import marks

    if "model" not in config:
        return config
    kept = {**config, "model": {key: value for key, value in config["model"].items() if key != "revision"}}
    dataset = config.get("dataset")
    if isinstance(dataset, Mapping) and TARGET in dataset:
        told = marks(target_of(dataset), dataset)
        kept["dataset"] = {key: value for key, value in dataset.items() if key not in told}
    return kept


def refuse_earlier(folder: Path, config: Mapping[str, Any], revision: int) -> None:
    """Refuse the folder of a run that was trained by another revision of its model or its data, with other numbers.

    Args:
        folder: the folder of the run.
        config: its configuration.
        revision: the revision of the model for its data.

    Raises:
        ConfigError: The run was trained by another revision; the message names the folder.
    """
    from dlx.config.node import option_of, target_of
    from dlx.config.revision import read_earlier, recorded_revision

    former = read_identity(folder)
    if former is None or former["data_hash"] is None:  # it was interrupted before its data were loaded
        return
    if read_earlier(former["config"]):
        dataset = option_of(target_of(config["dataset"]))
        raise ConfigError(
            f"{folder}: its data were read by an earlier version of dataset={dataset}, which gave other numbers; train "
            "it again in a new folder"
        )
    if recorded_revision(former["config"]) != revision:
        model = option_of(target_of(config["model"]))
        raise ConfigError(
            f"{folder}: was trained by an earlier version of model={model}; train it again in a new folder"
        )


def refuse_other_data(folder: Path, data_hash: str) -> None:
    """Refuse to resume a run on other data than those that it began with.

    Raises:
        ConfigError: The data have changed; the message names the folder.
    """
    former = read_identity(folder)
    if former is not None and former["data_hash"] not in (None, data_hash):
        raise ConfigError(
            f"{folder}: the data have changed since the run began; restore them, or train in a new folder"
        )


def reassemble(folder: Path, config: Mapping[str, Any]) -> Assembly:
    """Check a recorded configuration as if it had been typed, and build its parts.

    Raises:
        ConfigError: The configuration is invalid, or its model has another revision; the message names the file.
    """
    from dlx.assembly.assemble import assemble

    try:
        assembly = assemble(config)
    except ConfigError as error:
        raise ConfigError(f"{folder / 'identity.json'}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:  # a group is missing or is not a mapping
        raise ConfigError(f"{folder / 'identity.json'}: is no configuration of a run ({error!r})") from None
    refuse_earlier(folder, config, assembly.revision)
    return assembly


def network(folder: Path, assembly: Assembly, say: Callable[[str], None]) -> nn.Module:
    """Return the network with the weights that the final metrics of the run belong to (`trainer.test_weights`).

    Args:
        folder: the folder of the run.
        assembly: its configuration with its parts.
        say: called with each note about the checkpoint.

    Raises:
        ConfigError: The checkpoint is missing, damaged, or that of another network.
    """
    return with_weights(folder, assembly.trainer.test_weights, assembly.network(), assembly.examples.all_folds, say)


def with_weights(
    folder: Path, which: str, restored: nn.Module, folds: int | None, say: Callable[[str], None]
) -> nn.Module:
    """Return a network with the weights of the run in a folder.

    Args:
        folder: the folder of the run.
        which: `best` or `last`, see `trainer.test_weights`.
        restored: the network.
        folds: the number of folds that were trained; None: a single network.
        say: called with each note about the checkpoint.

    Raises:
        ConfigError: The checkpoint is missing, damaged, or that of another network.
    """
    file = folder / "checkpoints" / f"{which}.ckpt"
    weights = weights_of(file, say)
    if weights is None:
        why = f"; with dataset.fold=all there is one network for each of {folds} folds, and none is kept"
        raise ConfigError(f"{file}: is missing; a run that has trained leaves it{why * bool(folds)}")
    kinds = [tensor.dtype for tensor in weights.values() if tensor.is_floating_point()]
    restored.to(kinds[0] if kinds else None)
    try:
        restored.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise ConfigError(f"{file}: holds the weights of another network ({reason})") from None
    return restored


def weights_of(file: Path, say: Callable[[str], None]) -> Mapping[str, Any] | None:
    """Return the weights in a checkpoint by name, or None if there is no such file.

    The best weights are also in last.ckpt, and are taken from there if best.ckpt is damaged.

    Args:
        file: best.ckpt or last.ckpt.
        say: called with each note about the checkpoint.

    Raises:
        ConfigError: The checkpoint is damaged.
    """
    from dlx.results.checkpoint import BEST, LAST, load_checkpoint, readable, unchecked

    prefix = "network."
    try:
        checkpoint = load_checkpoint(file)
    except ConfigError as error:
        last = readable(file.with_name(LAST)) if file.name == BEST else None
        best: Mapping[str, Any] = (last or {}).get("dlx", {}).get("best_weights", {})
        if not best:
            raise
        say(f"{error}; the best weights are taken from {LAST} beside it")
        return best
    if checkpoint is None:
        return None
    for note in unchecked(file):
        say(note)
    return {k.removeprefix(prefix): v for k, v in checkpoint["state_dict"].items() if k.startswith(prefix)}


def refuse_sweep(folder: Path) -> None:
    """Refuse the folder of a sweep, of which one run is to be chosen.

    Raises:
        ConfigError: It is one; the message names runs in it.
    """
    if read_sweep(folder) is not None:
        runs = sorted(file.parent.name for file in folder.glob("*/summary.json"))
        some = f", e.g. {folder / runs[0]}" if runs else ""
        raise ConfigError(f"{folder}: is the folder of a sweep of {len(runs)} runs; expected that of one of them{some}")


def refuse_untrained(folder: Path, summary: Mapping[str, Any]) -> None:
    """Refuse a run that has left no trained network.

    Raises:
        ConfigError: The run is a job without training, has diverged or failed, or was interrupted before its first
            checkpoint; the message names the folder.
    """
    if summary["job"] != "train":
        raise ConfigError(
            f"{folder}: is a measurement ({summary['job']}) and has no checkpoint; expected a run of job=train"
        )
    if summary["status"] not in ("finished", "interrupted", "running"):
        raise ConfigError(f"{folder}: the run has {summary['status']}; expected a finished or an interrupted run")
    if summary["status"] != "finished" and not any((folder / "checkpoints").glob("*.ckpt")):
        raise ConfigError(
            f"{folder}: the run was interrupted before its first checkpoint, so it has no trained network; "
            f"continue it with dlx resume {folder}"
        )
