"""Which diagnostics a run has: those that were asked for, and with `diagnostics=full` all that fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from dlx.config import gate
from dlx.contracts import Diagnostic
from dlx.data.prepared import Data
from dlx.errors import ConfigError, located, nearest
from dlx.spec import DataSpec

FULL = "full"


def make_measures(nodes: Mapping[str, Any], spec: DataSpec) -> tuple[dict[str, Diagnostic], dict[str, str]]:
    """Build each diagnostic under its own key, and say of those that `full` leaves out why.

    Raises:
        ConfigError: a key is wrong; or, without `full`, a diagnostic does not fit the data.
    """
    measures: dict[str, Diagnostic] = {}
    left_out: dict[str, str] = {}
    for name, node in nodes.items():
        path = f"diagnostics.{name}"
        if not isinstance(node, Mapping):
            raise ConfigError(f"{path}: no such diagnostics{nearest(name, nodes)}")
        gate.check(node, path)
        try:
            measures[name] = gate.build(node, path, spec=spec)
        except ConfigError as error:
            if FULL not in nodes:
                raise
            left_out[name] = str(error).removeprefix(f"{path}: ")
    measures.pop(FULL, None)
    return measures, left_out


def fit_measures(measures: Mapping[str, Diagnostic], full: bool, network: nn.Module, data: Data) -> dict[str, str]:
    """Ask each diagnostic whether it can measure this network, and say of those that `full` leaves out why.

    Raises:
        ConfigError: without `full`, one cannot.
    """
    left_out: dict[str, str] = {}
    for name, measure in measures.items():
        try:
            measure.check(network, data)
        except ValueError as error:
            if not full:
                cls: type = type(measure)
                raise ConfigError(located(f"diagnostics.{name}", str(error), gate.keys(cls))) from error
            left_out[name] = str(error)
    return left_out
