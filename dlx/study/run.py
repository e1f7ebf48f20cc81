"""Running one study: the sweep of `dlx train experiment=NAME`, followed by the judgment of its claims."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlx.config.hydra.session import Observer
from dlx.errors import ConfigError
from dlx.results.runs import Run, read_run
from dlx.stored.sweep import read_tuning
from dlx.study.book.page import write_page
from dlx.study.judge.facts import check_facts
from dlx.study.judge.grid import Grid
from dlx.study.judge.judge import judge
from dlx.study.judge.least import require_seeds
from dlx.study.looks import Looks, seeds_of
from dlx.study.read.shelf import read_study
from dlx.study.read.study import study_of
from dlx.study.result import StudyResult, place_of
from dlx.study.variation import Variation
from dlx.sweep.cells import Axes

if TYPE_CHECKING:
    from dlx.sweep.launch import Sweep
    from dlx.sweep.plan import Plan


def run_study(
    name: str,
    overrides: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
    fast: bool = False,
    jobs: int = 1,
    again: bool = False,
    picture: bool = True,
    further: bool = False,
) -> StudyResult:
    """Run a study, judge it, and write its result and plots.

    Args:
        name: the name of its file in experiments/.
        overrides: further overrides as typed, which make it a variation.
        seeds: other seeds than those of the study.
        fast: use only the first three seeds.
        jobs: number of parallel processes.
        again: train even if equal runs are finished.
        picture: draw the plots.
        further: the seeds are those of a further look at the study, and make no variation.

    Raises:
        ConfigError: The study or the overrides are invalid; finished runs are kept.
        KeyboardInterrupt: The study was interrupted; finished runs are kept, and the same command resumes it.
    """
    began = time.perf_counter()
    looks = Looks.of(read_study(name))
    asked = Variation.of(name, overrides, seeds, seeds_of(looks.study), fast)
    look, label = asked.place(looks, further)
    sweep = run_sweep(asked.sweep_words(label, jobs), Checks(name, enough_seeds=not asked.fast), again)
    study, plan = study_of(name, sweep.study, sweep.axes), sweep.plan
    grid = Grid(study.axes, found_runs(sweep))
    verdicts = looks.keep(judge(study, grid, look or 0), look or 0)
    result = StudyResult(
        study=study,
        grid=grid,
        verdicts=verdicts,
        facts=check_facts(study, grid),
        label=label,
        folder=place_of(name, label),
        sweep=plan.folder,
        command=looks.command(look, len(asked.seeds or ())) if look else asked.command(),
        look=look,
        looks=[] if look is None else looks.record(look, verdicts, asked.seeds or asked.own),
        tuning=read_tuning(plan.folder) if study.tune else None,
        seconds=time.perf_counter() - began,
        reused=sum(job.done for job in plan.jobs),
    )
    write_files(result, picture)
    return result


def write_files(result: StudyResult, picture: bool) -> None:
    """Write result.json, the plots if they are asked for, and the page of a judged study."""
    result.write()
    if picture:
        from dlx.study.book.plots import draw

        draw(result)
    write_page(result.folder, result.study)


class Checks(Observer):
    """Refuses an invalid study before the first run.

    Args:
        name: the name of the study.
        enough_seeds: also refuse a study with too few seeds for a verdict.
    """

    def __init__(self, name: str, enough_seeds: bool) -> None:
        self.name, self.enough_seeds = name, enough_seeds

    def expanded(self, study: Mapping[str, Any], axes: Axes) -> None:
        """Refuse a study that is invalid or has too few seeds for a verdict."""
        checked = study_of(self.name, study, axes)
        if self.enough_seeds:
            require_seeds(checked)

    def planned(self, axes: Axes, plan: Plan) -> None:
        """Refuse arms that consist of the same runs."""
        refuse_equal_arms(axes, plan)


def run_sweep(words: Sequence[str], checks: Observer, again: bool) -> Sweep:
    """Run the sweep of a study and return it.

    Args:
        words: the arguments of `dlx train -m`.
        checks: the checks of the study.
        again: train even if equal runs are finished.

    Raises:
        ConfigError: The study is invalid.
        KeyboardInterrupt: The sweep was interrupted.
    """
    from dlx.sweep.launch import Sweep
    from dlx.sweep.start import start

    sweep = start(words, multirun=True, observer=checks, again=again)
    if not isinstance(sweep, Sweep):
        raise ConfigError("hydra/sweeper: a study needs the sweeper of dlx; leave it as it is")
    if "interrupted" in sweep.statuses:
        raise KeyboardInterrupt
    return sweep


def found_runs(sweep: Sweep) -> list[tuple[Mapping[str, str], Run]]:
    """Return the labels and the run of every cell of a sweep.

    Raises:
        KeyboardInterrupt: A run is missing, since the sweep was interrupted.
    """
    runs: dict[int, Run | None] = {}
    for job in sweep.plan.jobs:  # equal runs with different diagnostics have the same identity
        known = sweep.found[job.identity]
        runs[id(job)] = known if known is not None and known.folder == job.folder else read_run(job.folder)
    found = [(cell.labels, run) for cell, job in sweep.plan.cells if (run := runs[id(job)]) is not None]
    if len(found) < len(sweep.plan.cells):
        raise KeyboardInterrupt
    return found


def refuse_equal_arms(axes: Axes, plan: Plan) -> None:
    """Refuse arms that consist of the same runs because of an override.

    Raises:
        ConfigError: Two arms are identical; the message names them.
    """
    jobs: dict[str, tuple[int, ...]] = {}
    for arm in [level.text for level in axes.get("arm", [])]:
        jobs[arm] = tuple(id(job) for cell, job in plan.cells if cell.labels["arm"] == arm)
        for other, same in jobs.items():
            if other != arm and same == jobs[arm]:
                raise ConfigError(
                    f"the arms {other} and {arm} are the same runs; an override hides what tells them apart"
                )
