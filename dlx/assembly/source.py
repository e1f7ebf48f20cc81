"""The run that weights are copied from, restored with its data: to measure forgetting, and for its information."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from dlx.assembly.likelihood import likelihood_factor
from dlx.config.checked import EARLIER, Checked
from dlx.config.shared_keys import NetworkKeys, SourceKeys
from dlx.config.source import folder_of
from dlx.errors import ConfigError
from dlx.nn.source import Source, SourceRun
from dlx.stored.run import read_identity

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly

KNOWN = ("cross_entropy", "nll", "mse")  # losses that are likelihoods of classes or of numbers with Gaussian noise
Assemble = Callable[[Mapping[str, Any]], "Assembly"]


def source_reader(checked: Checked, assemble: Assemble) -> Callable[[], Source] | None:
    """Return a function that reads the source of a configuration's transfer, or None if nothing is copied.

    Args:
        checked: the configuration.
        assemble: builds the parts of the source's configuration.
    """
    keys = checked.transfer.common(SourceKeys)
    if keys.source is None:
        return None
    place, short = keys.source, checked.model.common(NetworkKeys).init_from is not None
    key = "model.init_from" if short else "transfer.source"
    return lambda: Source.read(place, keys.output, key, cache(lambda: restored(place, key, assemble)))


def restored(place: str, key: str, assemble: Assemble) -> SourceRun:
    """Return the run of a source with its weights and its data.

    Args:
        place: the folder of the run, or a checkpoint in it.
        key: the key that names it, for messages.
        assemble: builds the parts of its configuration.

    Raises:
        ConfigError: It is not the checkpoint of a recorded run, or its data or its network are no longer the same.
    """
    file = folder_of(place) / "identity.json"
    recorded = read_identity(file.parent)
    if recorded is None or recorded["full_config"] is None:
        raise ConfigError(f"{key}: {place} belongs to no recorded run; expected the folder of a finished run")
    try:
        assembly = assemble(alone(recorded["full_config"]))
    except ConfigError as error:
        raise ConfigError(f"{key}: {file}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:  # a group is missing or is not a mapping
        raise ConfigError(f"{key}: {file}: is no configuration of a run ({error!r})") from None
    if recorded["data_hash"] != assembly.data.hash:
        raise ConfigError(f"{key}: the data of {folder_of(place)} have changed since it was trained; train it again")
    network: Any = assembly.network()
    state = Source.read(place).state
    try:
        network.load_state_dict(network.from_earlier(state))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise ConfigError(f"{key}: {place}: holds the weights of another network than its run ({reason})") from None
    objective = assembly.objective
    keys, outputs = assembly.recipe.objective_choice.keys, objective.spec.outputs
    known = keys.get("loss") in KNOWN
    factor = likelihood_factor(keys, outputs, assembly.data.spec.steps) if known else None
    return SourceRun(network.eval(), assembly.data, objective, factor)


def alone(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a run on this machine, without diagnostics and without a source of its own."""
    here = {"accelerator": "cpu", "devices": 1, "strategy": "auto"}
    model = {key: value for key, value in config["model"].items() if key != "init_from"}
    return {**config, **EARLIER, "model": model, "diagnostics": {}, "trainer": {**config["trainer"], **here}}
