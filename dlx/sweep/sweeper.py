"""Our Hydra sweeper: expand, check all, run equal configurations once, skip what is finished."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from dlx import hydra_session
from dlx.errors import ConfigError


class DlxSweeper(Sweeper):
    """Expands the axes of the line and of the experiment into runs, and launches those that are not finished."""

    # Hydra admits plugins of the package hydra_plugins only; this one is registered in the process.
    __module__ = "hydra_plugins.dlx"

    def __init__(self, params: DictConfig | None = None) -> None:
        self.params: Any = params or {}
        self.config: Any = None
        self.hydra_context: Any = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what Hydra gives."""
        from hydra.core.plugins import Plugins

        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run the sweep and return its records, in the order of the jobs."""
        from dlx.sweep.plan import Plan

        jobs = self.expand(arguments)
        folder = Path(str(self.config.hydra.sweep.dir))
        plan = Plan.make(folder, jobs, self._compose, again=hydra_session.current.again)
        return plan.launch(self.launcher)

    def _compose(self, overrides: Sequence[str]) -> dict[str, Any]:
        config = self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))
        with_hydra = OmegaConf.to_container(
            OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]), resolve=True
        )
        assert isinstance(with_hydra, dict)
        return with_hydra  # type: ignore[return-value]

    def expand(self, arguments: list[str]) -> list[list[str]]:
        """Return the overrides of every run: the product of all axes; the line wins over the experiment."""
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        typed = parser.parse_overrides(arguments)
        study = OmegaConf.select(self.config, "study")
        shipped = parser.parse_overrides([f"{key}={value}" for key, value in self.params.items()])
        axes: dict[str, list[list[str]]] = {}
        for override in [*shipped, *typed]:
            axes[override.get_key_element()] = [[choice] for choice in choices(override)]
        if study is not None and (study.get("arms") or study.get("axes") or study.get("seeds")):
            axes = {**study_axes(OmegaConf.to_container(study, resolve=True), parser), **axes}  # type: ignore[arg-type]
        return [[item for group in combination for item in group] for combination in itertools.product(*axes.values())]


def choices(override: Override) -> list[str]:
    """Return the overrides that one override stands for: one, or one for each value of a sweep."""
    key = override.get_key_element()
    if not override.is_sweep_override():
        return [
            f"{key}={override.get_value_element_as_str()}" if not override.is_delete() else override.input_line or ""
        ]
    if not override.is_discrete_sweep():
        raise ConfigError(f"{key}: expected a list of values to sweep, e.g. {key}=1,2,3 or {key}=range(1,4)")
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def study_axes(study: dict[str, Any], parser: OverridesParser) -> dict[str, list[list[str]]]:
    """Return the axes of a study: its arms (lists of overrides), its axes and its seeds."""
    axes: dict[str, list[list[str]]] = {}
    if study.get("arms"):
        axes["study.arm"] = [list(overrides) for overrides in study["arms"].values()]
    for key, values in (study.get("axes") or {}).items():
        axes[key] = [[f"{key}={write(value)}"] for value in values]
    seeds = study.get("seeds")
    if seeds:
        numbers = range(seeds) if isinstance(seeds, int) else seeds
        axes["seed"] = [[f"seed={number}"] for number in numbers]
    return axes


def write(value: Any) -> str:
    """Write a value in Hydra's grammar of overrides."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(write(item) for item in value)}]"
    return str(value)
