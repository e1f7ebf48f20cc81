"""Selection of the diagnostics of a run: the chosen ones, or with `diagnostics=full` all that fit."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from dlx.config.choice import Choice
from dlx.config.kinds import keys
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data
from dlx.errors import ConfigError, located
from dlx.spec import DataSpec

FULL = "full"


def make_measures(chosen: Mapping[str, Choice], spec: DataSpec) -> tuple[dict[str, Diagnostic], dict[str, str]]:
    """Return the diagnostics by name, and the reasons for those that `full` leaves out.

    Raises:
        ConfigError: A diagnostic does not fit the data and `full` is not chosen.
    """
    measures: dict[str, Diagnostic] = {}
    left_out: dict[str, str] = {}
    for name, choice in chosen.items():
        try:
            measures[name] = choice.make(spec=spec)
        except ConfigError as error:
            if FULL not in chosen:
                raise
            left_out[name] = str(error).removeprefix(f"{choice.path}: ")
    measures.pop(FULL, None)
    return measures, left_out


def fit_measures(measures: Mapping[str, Diagnostic], full: bool, network: nn.Module, data: Data) -> dict[str, str]:
    """Check that each diagnostic can measure the network; return the reasons for those that `full` leaves out.

    Raises:
        ConfigError: A diagnostic cannot measure the network and `full` is not chosen.
    """
    left_out: dict[str, str] = {}
    for name, measure in measures.items():
        try:
            measure.check(network, data)
        except ValueError as error:
            if not full:
                cls: type = type(measure)
                raise ConfigError(located(f"diagnostics.{name}", str(error), keys(cls))) from error
            left_out[name] = str(error)
    return left_out
