"""Running and judging one study: its sweep as `dlx train experiment=NAME` runs it, then the judge."""

from __future__ import annotations

import hashlib
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlx import hydra_session, paths
from dlx.cli.line import full_name
from dlx.cli.study import Words
from dlx.errors import ConfigError
from dlx.files import read_json
from dlx.results import read_run
from dlx.study.book import write_page
from dlx.study.form import study_of
from dlx.study.grid import Grid
from dlx.study.judge import judge, require_seeds
from dlx.study.result import StudyResult, place_of
from dlx.study.shelf import read_study
from dlx.sweep.cells import SEED, Axes

FAST_SEEDS = 3


def run_study(
    name: str,
    overrides: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
    fast: bool = False,
    jobs: int = 1,
    again: bool = False,
    picture: bool = True,
) -> StudyResult:
    """Run a study, judge it, and write its result and plots.

    Args:
        name: of its file in experiments/.
        overrides: further ones, as typed on the line; they make it a variation.
        seeds: other seeds than its own.
        fast: fewer seeds.
        jobs: processes side by side.
        again: train although equal runs are finished.
        picture: draw the plots.

    Raises:
        ConfigError: the study, or what was typed, cannot be used; finished runs stay.
        KeyboardInterrupt: it was interrupted; finished runs stay, and the same command goes on.
    """
    from dlx.cli.train import compose_and_run

    began = time.perf_counter()
    shipped = read_study(name)
    own = [level.value for level in shipped.axes[SEED]]
    if fast and seeds is None and len(own) > FAST_SEEDS:
        seeds = own[:FAST_SEEDS]
    fast = fast and seeds is not None
    words = [f"experiment={name}", *(full_name(word) for word in overrides)]
    if seeds is not None:
        words.append(f"seed={','.join(map(str, seeds))}")
    label = label_of(overrides, seeds, own, fast)
    if label:
        digest = hashlib.sha256(" ".join(sorted(words)).encode()).hexdigest()[:8]
        words.append(f"hydra.sweep.dir={paths.outputs()}/sweeps/{name}-{digest}")
    words += ["hydra/launcher=pool", f"hydra.launcher.n_jobs={jobs}"] if jobs > 1 else []
    session = hydra_session.current = hydra_session.Session(again=again)

    def check(node: dict[str, Any], axes: Axes) -> None:
        checked = study_of(name, node, axes)
        if not fast:
            require_seeds(checked)

    session.check = check
    try:
        compose_and_run(words, multirun=True)
    finally:
        hydra_session.current = hydra_session.Session()
    plan = session.plan
    if plan is None or "interrupted" in session.statuses:
        raise KeyboardInterrupt
    study = study_of(name, session.study, session.axes)
    runs = {id(job): read_run(job.folder) for job in plan.jobs}
    found = [(cell.labels, run) for cell, job in plan.cells if (run := runs[id(job)]) is not None]
    if len(found) < len(plan.cells):
        raise KeyboardInterrupt
    grid = Grid(study.axes, found)
    refuse_equal_arms(study.axes, plan)
    result = StudyResult(
        study=study,
        grid=grid,
        verdicts=judge(study, grid),
        label=label,
        folder=place_of(name, label),
        sweep=plan.folder,
        command=command_of(name, overrides, seeds, own, fast),
        tuning=read_json(plan.folder / "tuning.json") if study.tune else None,
        seconds=time.perf_counter() - began,
    )
    result.write()
    if picture:
        from dlx.study.plots import draw

        draw(result)
    write_page(result.folder)
    return result


def label_of(overrides: Sequence[str], seeds: Sequence[int] | None, own: Sequence[int], fast: bool) -> str:
    """Return what makes this a variation; empty for the study itself."""
    words = list(overrides)
    if fast and seeds is not None:
        words.append(f"fast: seeds {span(seeds)} of {len(own)}")
    elif seeds is not None and list(seeds) != list(own):
        words.append(f"seeds {span(seeds)}")
    return " ".join(words)


def command_of(name: str, overrides: Sequence[str], seeds: Sequence[int] | None, own: Sequence[int], fast: bool) -> str:
    """Return the command that repeats it."""
    flags = ["--fast"] if fast else (["--seeds", span(seeds)] if seeds is not None and list(seeds) != list(own) else [])
    return shlex.join(["dlx", "study", "run", name, *overrides, *flags])


def span(seeds: Sequence[int]) -> str:
    """Write seeds as they are typed: A..B where they follow one another."""
    if list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}..{seeds[-1]}"
    return ",".join(map(str, seeds))


def refuse_equal_arms(axes: Axes, plan: Any) -> None:
    """Refuse arms that what was typed has made the same runs: they would differ by nothing.

    Raises:
        ConfigError: names them.
    """
    jobs: dict[str, tuple[int, ...]] = {}
    for arm in [level.text for level in axes.get("arm", [])]:
        jobs[arm] = tuple(id(job) for cell, job in plan.cells if cell.labels["arm"] == arm)
        for other, same in jobs.items():
            if other != arm and same == jobs[arm]:
                raise ConfigError(
                    f"the arms {other} and {arm} are the same runs; an override hides what tells them apart"
                )


@dataclass
class Outcome:
    """What became of one study among several."""

    name: str
    verdict: str
    as_expected: bool
    code: int
    seconds: float
    message: str = ""
    claims: tuple[str, ...] = ()


def run_studies(names: Sequence[str], words: Words) -> list[Outcome]:
    """Run studies one after another, each with as many processes as `--jobs` says, and show each.

    One that cannot be used does not keep the others from running; a single one's message goes to the front.

    Raises:
        ConfigError: a single study cannot be used.
        KeyboardInterrupt: interrupted; finished runs stay.
    """
    return [one_of_many(name, words, alone=len(names) == 1) for name in names]


def one_of_many(name: str, words: Words, alone: bool) -> Outcome:
    """Run one study, show it, and return what became of it."""
    from dlx.cli import show_study

    began = time.perf_counter()
    try:
        result = run_study(name, words.overrides, words.seeds, words.fast, words.jobs, words.again)
    except ConfigError as error:
        if alone:
            raise
        print(f"dlx: {name}: {error}", file=sys.stderr)
        return Outcome(name, "", False, 2, time.perf_counter() - began, str(error))
    show_study.judged(result)
    failed = result.statuses["failed"] > 0
    return Outcome(
        name,
        result.verdict,
        result.as_expected and not failed,
        0 if result.as_expected and not failed else 1,
        time.perf_counter() - began,
        claims=tuple(verdict.verdict for verdict in result.verdicts),
    )
