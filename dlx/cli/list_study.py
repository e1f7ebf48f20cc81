"""Studies and concepts printed to the terminal: lists, coverage, and one study before it runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from dlx.config.formula import lines_of, plain_formula
from dlx.console import console
from dlx.results.escape import markup, plain
from dlx.stored.read import BrokenFileError, passed_over
from dlx.study.book.badges import MYTH, badges
from dlx.study.book.korean import local_study
from dlx.study.book.page import word, wrong_facts
from dlx.study.book.words import claim_words, is_myth
from dlx.study.read.concepts import concepts
from dlx.study.read.local import labeled, local, local_concept
from dlx.study.read.shelf import fixed_numbers
from dlx.study.read.study import Counts, Study
from dlx.study.result import read_results
from dlx.sweep.cells import ARM, SEED

COLORS = {
    "holds": "green", "refuted": "red", "inconclusive": "yellow", "true": "green", "false": "red", "unknown": "yellow",
}  # fmt: skip


def verdict_text(verdict: str, as_expected: bool = True, wrong: int = 0) -> str:
    """Return a verdict in its color; a refuted myth is called `myth refuted` and has no color.

    Args:
        verdict: the verdict on a study.
        as_expected: True if all its verdicts are the expected ones.
        wrong: number of its facts that are wrong.
    """
    if verdict in MYTH and as_expected:
        return local("myth refuted")
    color = COLORS[verdict] if as_expected or verdict not in ("holds", "true") else "red"
    return f"[{color}]{local(word(verdict, wrong))}[/]"


def last_verdict(result: dict[str, Any] | None, study: Study | None = None) -> str:
    """Return the last verdict of a study with the size of its effect, from its result.json.

    Args:
        result: the content of result.json; None if the study has not been run.
        study: the study, for the unit of the effect; None for the verdict alone.
    """
    if result is None:
        return ""
    verdict = verdict_text(result["verdict"], result["as_expected"], wrong_facts(result))
    found = next((one.text for one in badges(result, study) if one.kind == "effect"), "") if study else ""
    return f"{verdict}: {markup(found)}" if found else verdict


def table(studies: Sequence[Study]) -> None:
    """Print the studies by chapter."""
    shown = Table(box=None, pad_edge=False)
    for column in ("study", "title", "verdict"):
        shown.add_column(local(column), overflow="fold")
    for column in ("c/f/m", "seconds"):
        shown.add_column(local(column), justify="right")
    results, broken = read_results(study.name for study in studies)
    chapter = ""
    for study in studies:
        if study.chapter != chapter:
            chapter = study.chapter
            shown.add_row(f"[bold]{markup(local(chapter))}[/]")
        result = results.get(study.name)
        cost = f"{result['seconds']['runs']:.0f}" if result else ""
        numbers = f"{study.counts.claims}/{study.counts.facts}/{study.counts.myths}"
        title = local_study(study).title
        shown.add_row(f"  {markup(study.name)}", markup(title), last_verdict(result, study), numbers, cost)
    console.print(shown)
    counts = Counts.total(study.counts for study in studies)
    said = f"{len(studies)} studies with {counts} (c/f/m); {len(results)} with a verdict here"
    console.print(local(said), highlight=False)
    name_broken(broken)


def name_broken(broken: Sequence[BrokenFileError]) -> None:
    """Print the files that were passed over."""
    for line in passed_over(broken):
        console.print(plain(line), highlight=False, markup=False, soft_wrap=True)


def concept(name: str) -> None:
    """Print a concept and its claim."""
    own = local_concept(name)
    console.print(f"[bold]{name}[/] {markup(own['concept'])}: {markup(own['claim'])}", highlight=False)


def coverage(studies: Sequence[Study]) -> None:
    """Print each concept with its studies and their verdicts, and how many concepts claims and facts cover."""
    results, broken = read_results(study.name for study in studies)
    shown = Table(box=None, pad_edge=False)
    for column in ("id", "concept", "by", "studies"):
        shown.add_column(local(column), overflow="fold")
    by = {"claim": 0, "fact": 0, "": 0}
    judged = 0
    for name in concepts():
        covering = [study.name for study in studies if name in study.concepts]
        kind = "claim" if any(name in study.by_claim for study in studies) else ("fact" if covering else "")
        by[kind] += 1
        judged += any(study in results for study in covering)
        named = ", ".join(f"{s} {last_verdict(results.get(s))}".strip() for s in covering)
        shown.add_row(name, markup(local_concept(name)["concept"]), local(kind), named)
    console.print(shown)
    said = (
        f"{by['claim']} of {len(concepts())} concepts are covered by a claim, {by['claim'] + by['fact']} by a claim or "
        f"a fact; {judged} with a verdict here"
    )
    console.print(local(said), highlight=False)
    name_broken(broken)


def one(study: Study) -> None:
    """Print a study: its claims, axes and reference, and the commands that run and vary it."""
    say = lambda text="": console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    study = local_study(study)
    say(f"[bold]{markup(study.title)}[/]")
    say(markup(study.question))
    say()
    for claim in study.entries:
        kind = "control" if claim.control else ("fact" if claim.fact else "claim")
        mark = f"{local('Myth')}:" if is_myth(claim) else kind
        say(f"  {labeled(mark, markup(claim_words(claim)))}")
        if claim.instead:
            say(f"  {labeled(local('Fact') + ':', markup(claim.instead))}")
    say()
    for axis, levels in study.axes.items():
        for level in levels if axis == ARM else []:
            say(line("arm", f"{level.text}: {' '.join(level.overrides)}"))
        if axis not in (ARM, SEED):
            say(line("axis", f"{axis}: {', '.join(level.text for level in levels)}"))
    say(line("seeds", str(len(study.axes[SEED]))))
    say(line("counts", local(str(study.counts))))
    if study.tune:
        values = ", ".join(level.text for level in study.tune.values)
        say(line("tuned", local(f"{study.tune.key} among {values} by {study.tune.by}")))
    if study.work:
        say(line("after", f"{study.work}{': ' + study.figure if study.figure else ''}"))
    for name in study.concepts:
        by = "" if name in study.by_claim else local(" (by facts)")
        say(line("concept", f"{name} {local_concept(name)['concept']}{by}"))
    for equation in map(plain_formula, lines_of(study.formula)):
        say(line("formula", equation))
    say(line("why", study.why))
    results, broken = read_results([study.name])
    name_broken(broken)
    if result := results.get(study.name):
        dated = local(f"({result['date']}, {result['seconds']['runs']:.0f} s)")
        say(f"  {labeled('verdict', f'{last_verdict(result, study)} {markup(dated)}')}")
    say()
    say(labeled("run", f"dlx study run {study.name}"))
    say(f"         dlx study run {study.name} --seeds 1000..{999 + len(study.axes[SEED])}")
    for command in variations(study):
        say(labeled("vary", markup(command)))


def line(label: str, text: str) -> str:
    """Return a line of a study: a label and a text, whose brackets are no markup."""
    return f"  {labeled(label, markup(text))}"


def variations(study: Study) -> list[str]:
    """Return commands that vary a study."""
    fixed = {key: value for key, value in fixed_numbers(study.name).items() if key not in study.axes}
    found = [f"dlx study run {study.name} {key}={value // 2}" for key, value in list(fixed.items())[:1]]
    for axis, levels in study.axes.items():
        if axis not in (ARM, SEED) and any(o.startswith(f"{axis}=") for o in levels[0].overrides):
            found.append(f"dlx train experiment={study.name} {shlex.quote(f'{axis}={levels[0].text}')}")
    return found
