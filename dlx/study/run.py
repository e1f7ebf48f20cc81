"""Running one study: the sweep of `dlx train experiment=NAME`, followed by the judgment of its claims."""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlx import paths
from dlx.config.aliases import full_name
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
from dlx.sweep.cells import Axes
from dlx.sweep.plan import quoted

if TYPE_CHECKING:
    from dlx.sweep.launch import Sweep
    from dlx.sweep.plan import Plan

FAST_SEEDS = 3


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
    own = seeds_of(looks.study)
    if fast and seeds is None and len(own) > FAST_SEEDS:
        seeds = own[:FAST_SEEDS]
    fast = fast and seeds is not None
    look = None if overrides or fast else looks.number(seeds, further)
    label = label_of(overrides, seeds, own, fast) if look is None else ""
    sweep = run_sweep(sweep_words(name, overrides, seeds, label, jobs), Checks(name, enough_seeds=not fast), again)
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
        command=command_of(name, overrides, seeds, own, fast) if not look else looks.command(look, len(seeds or ())),
        look=look,
        looks=[] if look is None else looks.record(look, verdicts, seeds or own),
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
    write_page(result.folder)


def sweep_words(name: str, overrides: Sequence[str], seeds: Sequence[int] | None, label: str, jobs: int) -> list[str]:
    """Return the arguments of `dlx train -m` for the sweep of a study; a variation has its own folder."""
    words = [f"experiment={name}", *(full_name(word) for word in overrides)]
    if seeds is not None:
        words.append(f"seed={','.join(map(str, seeds))}")
    if label:
        digest = hashlib.sha256(" ".join(sorted(words)).encode()).hexdigest()[:8]
        words.append(f"hydra.sweep.dir={quoted(paths.outputs() / 'sweeps' / f'{name}-{digest}')}")
    return words + (["hydra/launcher=pool", f"hydra.launcher.n_jobs={jobs}"] if jobs > 1 else [])


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


def label_of(overrides: Sequence[str], seeds: Sequence[int] | None, own: Sequence[int], fast: bool) -> str:
    """Return the overrides and seeds that make this a variation; empty for the study itself."""
    words = list(overrides)
    if fast and seeds is not None:
        words.append(f"fast: seeds {span(seeds)} of {len(own)}")
    elif seeds is not None and list(seeds) != list(own):
        words.append(f"seeds {span(seeds)}")
    return " ".join(words)


def command_of(name: str, overrides: Sequence[str], seeds: Sequence[int] | None, own: Sequence[int], fast: bool) -> str:
    """Return the command that repeats the study."""
    flags = ["--fast"] if fast else (["--seeds", span(seeds)] if seeds is not None and list(seeds) != list(own) else [])
    return shlex.join(["dlx", "study", "run", name, *overrides, *flags])


def span(seeds: Sequence[int]) -> str:
    """Return seeds as they are typed: `A..B` if they are consecutive, otherwise `A,B,C`."""
    if list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}..{seeds[-1]}"
    return ",".join(map(str, seeds))


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
