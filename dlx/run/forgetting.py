"""Forgetting: the metrics of a source run on its own test split, with the weights that another run has trained on."""

from __future__ import annotations

import copy

from torch import nn

from dlx.assembly.assembly import Assembly
from dlx.errors import ConfigError
from dlx.nn.predict import place_of
from dlx.nn.source import SourceRun
from dlx.run.evaluate import judge, judging_seed

PART = "source/test"


def source_of(assembly: Assembly) -> SourceRun | None:
    """Return the source run whose test split is measured; None without one, or if the test split is not to be used."""
    builder = assembly.builder
    if builder.read_source is None or not assembly.trainer.test or not assembly.job.is_training():
        return None
    run = builder.source.run
    return None if isinstance(run, ConfigError) else run


def unmeasured(assembly: Assembly) -> list[str]:
    """Return a note on why forgetting is not measured; [] if it is, or if there is no source."""
    builder = assembly.builder
    reason = builder.source.run if builder.read_source is not None else None
    return [f"{PART} is not measured: {reason}"] if isinstance(reason, ConfigError) else []


def on_source(assembly: Assembly, network: nn.Module) -> dict[str, float]:
    """Return the metrics on the source's test split as `source/test/...`; {} without a source.

    They are those of the source's network with the weights of `network` in place of those that were copied from it.
    """
    run = source_of(assembly)
    if run is None:
        return {}
    trained, place = network.state_dict(), place_of(network)
    theirs = copy.deepcopy(run.network).to(place.device, place.dtype)
    theirs.load_state_dict({name: trained[name] for name in assembly.builder.copied.same}, strict=False)
    outputs = judge(run.objective, theirs.eval(), run.data.test, judging_seed(assembly, PART))
    return {f"{PART}/{name}": value for name, value in run.objective.metrics(outputs, run.data.test, run.data).items()}


def naive_on_source(assembly: Assembly) -> dict[str, float]:
    """Return the metrics of the naive baseline on the source's test split as `source/test/...`."""
    run = source_of(assembly)
    if run is None:
        return {}
    outputs = run.objective.baseline(run.data, run.data.test)[1]
    return {f"{PART}/{name}": value for name, value in run.objective.metrics(outputs, run.data.test, run.data).items()}
