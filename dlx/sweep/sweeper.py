"""The Hydra sweeper of dlx: expands the axes, checks all runs, merges duplicates and skips finished runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from dlx.config.hydra import session as hydra_session
from dlx.config.parts import label
from dlx.config.study_form import check_study
from dlx.errors import ConfigError
from dlx.results.runs import Run
from dlx.sweep import intervals
from dlx.sweep.applying import applying, without_effect
from dlx.sweep.cells import MOST_RUNS, SEED, Cell, Level, cells, read, study_axes
from dlx.sweep.launch import Sweep, launch
from dlx.sweep.launcher import InProcess
from dlx.sweep.plan import Plan
from dlx.sweep.stages import Stage, pretrain_of, pretrained, tune_of, tuned


class DlxSweeper(Sweeper):
    """Expands the axes of the command line and of the experiment into runs, and launches the unfinished ones."""

    # Hydra accepts plugins only from the package hydra_plugins; this one is registered in the process.
    __module__ = "hydra_plugins.dlx"

    def __init__(self, params: DictConfig | None = None) -> None:
        self.params: Any = params or {}
        self.config: Any = None
        self.hydra_context: Any = None
        self.composer: Any = None
        self.drawn: list[str] = []  # keys whose values are drawn from ranges
        self.notes: list[str] = []  # about keys that some runs do not have
        self.data: dict[str, str] = {}  # the hash of each dataset when it was first loaded, for all stages

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Store Hydra's context and configuration, and create the launcher."""
        from hydra.core.plugins import Plugins

        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Sweep:
        """Run the sweep and return it."""
        from dlx.config.hydra.composer import Composer

        observer = hydra_session.current.observer
        axes, fixed = self.axes(arguments)
        study = self.study()
        observer.expanded(study, axes)
        parts = cells(axes, study.get("exclude") or (), fixed)
        if not study:  # the arms of a study say themselves which keys they have
            parts, self.notes = applying(parts)
        parts = intervals.labeled(parts, self.drawn)
        folder = Path(str(self.config.hydra.sweep.dir))
        if isinstance(self.launcher, InProcess):
            self.launcher.prepare()
        self.composer = Composer(self.hydra_context.config_loader, self.config)
        tune, pretrain = tune_of(study.get("tune")), pretrain_of(study.get("pretrain"), axes)
        if pretrain is not None:
            parts = pretrained(pretrain, parts, axes, fixed, self._stage(folder))
        if tune is not None and not any(word.startswith(f"{tune.key}=") for word in fixed):
            parts = tuned(tune, parts, folder, self._stage(folder))
        plan = self._plan(folder, parts)
        observer.planned(axes, plan)
        made = [(cell, job.identity) for cell, job in plan.cells]
        return replace(launch(plan, self.launcher), study=study, axes=axes, notes=[*self.notes, *without_effect(made)])

    def _plan(self, folder: Path, parts: Sequence[Cell]) -> Plan:
        return Plan.make(folder, parts, self.composer, again=hydra_session.current.again, data=self.data)

    def _stage(self, folder: Path) -> Stage:
        """Return a function that runs the cells of a stage in a subfolder and returns their runs in order."""

        def run(name: Path, parts: Sequence[Cell]) -> list[Run]:
            plan = self._plan(folder / name, parts)
            sweep = launch(plan, self.launcher)
            if sweep.refused is not None:
                raise sweep.refused
            runs = [sweep.found[job.identity] for _, job in plan.cells]
            found = [run for run in runs if run is not None and run.status != "interrupted"]
            if "interrupted" in sweep.statuses or len(found) < len(runs):
                raise KeyboardInterrupt
            return found

        return run

    def axes(self, arguments: list[str]) -> tuple[dict[str, list[Level]], list[str]]:
        """Return the axes of the experiment and of the command line, and the overrides that all runs share.

        An axis of the command line replaces that of the experiment with the same key.
        """
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        typed = parser.parse_overrides(arguments)
        shipped = parser.parse_overrides([f"{key}={value}" for key, value in self.params.items()])
        axes: dict[str, list[Level]] = {}
        study = self.study()
        if any(study.get(key) for key in ("arms", "axes", "seeds")):
            axes |= study_axes(study)
        fixed: list[str] = []
        drawn = [override for override in [*shipped, *typed] if override.is_interval_sweep()]
        if drawn:
            seeds = [o.value() for o in typed if o.get_key_element() == SEED and not o.is_sweep_override()]
            axes |= intervals.axis(drawn, next((int(str(s)) for s in seeds if str(s).isdigit()), 0))
            self.drawn = [override.get_key_element() for override in drawn]
        for override in [*shipped, *typed]:
            # A claim that was typed has its arms as axes by now, and ranges have their values.
            if override.key_or_group == "study" or override in drawn:
                continue
            key, levels = label(override.get_key_element()), choices(override)
            if len(levels) == 1 and key not in axes:
                fixed += levels[0].overrides
            else:
                axes[key] = levels
        return axes, fixed

    def study(self) -> dict[str, Any]:
        """Return the study of the experiment; empty if it has none."""
        study = OmegaConf.select(self.config, "study")
        if study is None:
            return {}
        found: Any = OmegaConf.to_container(study, resolve=True) if OmegaConf.is_config(study) else study
        check_study(found)
        return found  # type: ignore[no-any-return]


def choices(override: Override) -> list[Level]:
    """Return the levels of one override: a single one, or one for each value of a sweep.

    Raises:
        ConfigError: The range has no value, or too many.
    """
    key = override.get_key_element()
    if not override.is_sweep_override():
        if override.is_delete():
            return [Level("deleted", (override.input_line or "",))]
        text = override.get_value_element_as_str()
        return [Level(read(text), (f"{key}={text}",))]
    check_range(override)
    return [Level(read(value), (f"{key}={value}",)) for value in override.sweep_string_iterator()]


def check_range(override: Override) -> None:
    """Refuse a range that gives no value, or more than a sweep can have.

    Raises:
        ConfigError: It does; the message names the key.
    """
    swept, key = override.value(), override.get_key_element()
    if not isinstance(swept, RangeSweep):
        return
    if swept.start is None or swept.stop is None or not all(map(math.isfinite, (swept.start, swept.stop, swept.step))):
        raise ConfigError(f"{key}: expected a range of numbers such as {key}=range(1,4)")
    if swept.step == 0:
        raise ConfigError(f"{key}: expected a range with a step other than 0, such as {key}=range(0,10,2)")
    number = math.ceil((swept.stop - swept.start) / swept.step)
    if number > MOST_RUNS:
        raise ConfigError(f"{key}: expected at most {MOST_RUNS:,} values in a sweep, got {number:,}")
    if number < 1:
        typed = f"range({swept.start},{swept.stop},{swept.step})"
        raise ConfigError(f"{key}: {typed} has no value; expected a start below the stop, such as {key}=range(0,5)")
