"""Our Hydra sweeper: expand, check all, run equal configurations once, skip what is finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from dlx import hydra_session
from dlx.errors import ConfigError
from dlx.sweep.cells import Level, cells, read, study_axes


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
        from dlx.sweep.compose import Composer
        from dlx.sweep.plan import Plan

        axes, fixed = self.axes(arguments)
        parts = cells(axes, self.study().get("exclude") or (), fixed)
        folder = Path(str(self.config.hydra.sweep.dir))
        getattr(self.launcher, "prepare", lambda: None)()
        composer = Composer(self.hydra_context.config_loader, self.config)
        plan = Plan.make(folder, parts, composer, again=hydra_session.current.again)
        return plan.launch(self.launcher)

    def axes(self, arguments: list[str]) -> tuple[dict[str, list[Level]], list[str]]:
        """Return the axes of the line and of the experiment, and the overrides that all runs share; the line wins."""
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        typed = parser.parse_overrides(arguments)
        shipped = parser.parse_overrides([f"{key}={value}" for key, value in self.params.items()])
        axes: dict[str, list[Level]] = {}
        study = self.study()
        if any(study.get(key) for key in ("arms", "axes", "seeds")):
            axes |= study_axes(study)
        fixed: list[str] = []
        for override in [*shipped, *typed]:
            key, levels = override.get_key_element(), choices(override)
            if len(levels) == 1 and key not in axes:
                fixed += levels[0].overrides
            else:
                axes[key] = levels
        return axes, fixed

    def study(self) -> dict[str, Any]:
        """Return the study of the experiment; empty where there is none."""
        study = OmegaConf.select(self.config, "study")
        return OmegaConf.to_container(study, resolve=True) if study is not None else {}  # type: ignore[return-value]


def choices(override: Override) -> list[Level]:
    """Return the levels that one override stands for: one, or one for each value of a sweep."""
    key = override.get_key_element()
    if not override.is_sweep_override():
        if override.is_delete():
            return [Level("deleted", (override.input_line or "",))]
        text = override.get_value_element_as_str()
        return [Level(read(text), (f"{key}={text}",))]
    if not override.is_discrete_sweep():
        raise ConfigError(f"{key}: expected a list of values to sweep, e.g. {key}=1,2,3 or {key}=range(1,4)")
    return [Level(read(value), (f"{key}={value}",)) for value in override.sweep_string_iterator()]
