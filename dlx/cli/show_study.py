"""Studies printed to the terminal: lists, claims, verdicts and arms."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from dlx.console import console, relative
from dlx.errors import ConfigError
from dlx.results.facts import duration, statuses_text
from dlx.results.table import print_table
from dlx.study.book.page import MYTH, sentence_of, table_of
from dlx.study.book.words import claim_words, is_myth, statement, statistics
from dlx.study.judge.verdict import Verdict
from dlx.study.read.concepts import concepts
from dlx.study.read.shelf import fixed_numbers
from dlx.study.read.study import Study
from dlx.study.result import StudyResult, read_result
from dlx.study.runs import Outcome, StudiesObserver
from dlx.sweep.cells import ARM, SEED

if TYPE_CHECKING:
    from dlx.study.check import Change

COLOURS = {
    "holds": "green", "refuted": "red", "inconclusive": "yellow", "true": "green", "false": "red", "unknown": "yellow",
}  # fmt: skip
MOST_ROWS = 40


def verdict_text(verdict: str, as_expected: bool = True) -> str:
    """Return a verdict in its color; a refuted myth is called `myth refuted` and has no color."""
    if verdict in MYTH and as_expected:
        return "myth refuted"
    colour = COLOURS[verdict] if as_expected or verdict not in ("holds", "true") else "red"
    return f"[{colour}]{verdict}[/]"


def last_verdict(result: dict[str, Any] | None) -> str:
    """Return the last verdict of a study, from its result.json."""
    return "" if result is None else verdict_text(result["verdict"], result["as_expected"])


def table(studies: Sequence[Study]) -> None:
    """Print the studies by chapter."""
    shown = Table(box=None, pad_edge=False)
    for column in ("study", "claim", "verdict"):
        shown.add_column(column, overflow="fold")
    shown.add_column("seconds", justify="right")
    chapter = ""
    for study in studies:
        if study.chapter != chapter:
            chapter = study.chapter
            shown.add_row(f"[bold]{chapter}[/]", "", "", "")
        result = read_result(study.name)
        cost = f"{result['seconds']['runs']:.0f}" if result else ""
        shown.add_row(f"  {study.name}", escape(study.title), last_verdict(result), cost)
    console.print(shown)
    run = sum(read_result(study.name) is not None for study in studies)
    console.print(f"{len(studies)} studies, {run} of them with a verdict here", highlight=False)


def concept(name: str) -> None:
    """Print a concept and its claim."""
    own = concepts()[name]
    console.print(f"[bold]{name}[/] {escape(own['concept'])}: {escape(own['claim'])}", highlight=False)


def coverage(studies: Sequence[Study]) -> None:
    """Print each concept with its studies and their verdicts, and how many concepts are covered."""
    results = {study.name: read_result(study.name) for study in studies}
    shown = Table(box=None, pad_edge=False)
    for column in ("id", "concept", "studies"):
        shown.add_column(column, overflow="fold")
    covered = judged = 0
    for name, own in concepts().items():
        covering = [study.name for study in studies if name in study.concepts]
        covered += bool(covering)
        judged += any(results[study] for study in covering)
        shown.add_row(
            name, escape(own["concept"]), ", ".join(f"{s} {last_verdict(results[s])}".strip() for s in covering)
        )
    console.print(shown)
    console.print(f"{covered} of {len(concepts())} concepts have a study, {judged} a verdict here", highlight=False)


def one(study: Study) -> None:
    """Print a study: its claims, axes and reference, and the commands that run and vary it."""
    say = lambda text="": console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    say(f"[bold]{escape(study.title)}[/]")
    say(escape(study.question))
    say()
    for claim in study.entries:
        mark = "Myth:" if is_myth(claim) else ("control" if claim.control else ("fact" if claim.fact else "claim"))
        say(f"  {mark:<8} {escape(claim_words(claim))}")
        if claim.instead:
            say(f"  {'Fact:':<8} {escape(claim.instead)}")
    say()
    for axis, levels in study.axes.items():
        for level in levels if axis == ARM else []:
            say(f"  arm      {level.text}: {escape(' '.join(level.overrides))}")
        if axis not in (ARM, SEED):
            say(f"  axis     {axis}: {', '.join(level.text for level in levels)}")
    say(f"  seeds    {len(study.axes[SEED])}")
    if study.tune:
        values = ", ".join(level.text for level in study.tune.values)
        say(f"  tuned    {study.tune.key} among {values} by {study.tune.by}")
    if study.work:
        say(f"  after    {escape(study.work)}{': ' + escape(study.figure) if study.figure else ''}")
    for name in study.concepts:
        say(f"  concept  {name} {escape(concepts()[name]['concept'])}")
    say(f"  why      {escape(study.why)}")
    result = read_result(study.name)
    if result:
        say(f"  verdict  {last_verdict(result)} ({result['date']}, {result['seconds']['runs']:.0f} s)")
    say()
    say(f"run      dlx study run {study.name}")
    say(f"         dlx study run {study.name} --seeds 1000..{999 + len(study.axes[SEED])}")
    for command in variations(study):
        say(f"vary     {escape(command)}")


def variations(study: Study) -> list[str]:
    """Return commands that vary a study."""
    fixed = {key: value for key, value in fixed_numbers(study.name).items() if key not in study.axes}
    found = [f"dlx study run {study.name} {key}={value // 2}" for key, value in list(fixed.items())[:1]]
    for axis, levels in study.axes.items():
        if axis not in (ARM, SEED) and any("=" in o and o.startswith(axis) for o in levels[0].overrides):
            found.append(f"dlx train experiment={study.name} {shlex.quote(f'{axis}={levels[0].text}')}")
    return found


def judged(result: StudyResult) -> None:
    """Print a judged study: its claims with their verdicts, the explanation, the arms, and the paths of its files."""
    say = lambda text: console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    title = escape(result.study.title) + (f" [yellow]({escape(result.label)})[/]" if result.label else "")
    say(f"[bold]{title}[/]")
    for verdict in (*result.verdicts, *result.facts):
        for line in verdict_lines(verdict, result.study.replicate):
            say(f"  {line}")
    say(f"Why: {escape(result.study.why)}")
    page = relative(result.folder / "page.html")
    arms = table_of(result.as_json()["arms"])
    print_table(console, arms, console.width, f"{page} shows all", most=MOST_ROWS)
    if len(arms.rows) > MOST_ROWS:
        say(f"… and {len(arms.rows) - MOST_ROWS} more arms in {page}")
    if result.tuning:
        own = result.tuning
        say(f"tuned    {own['key']} by {own['by']}: {own['runs']} runs, {duration(own['seconds'])}")
    again = f"; {result.reused} of them reused, --again trains them again" if result.reused else ""
    say(f"runs     {statuses_text(result.statuses)}{again}")
    say(f"time     {duration(result.cost)} for all runs, {duration(result.seconds)} for this command")
    for path in sorted(result.folder.glob("plot*.svg")):
        say(f"plot     {relative(path)}, {path.with_suffix('.png').name}")
    say(f"page     {page}")
    say(f"sweep    {relative(result.sweep)}")


def verdict_lines(verdict: Verdict, replicate: str) -> list[str]:
    """Return a claim and, dimmed, its verdict with the statistics; a myth is followed by the fact and has no tick."""
    behind = f"[dim]{escape(statistics(verdict, replicate))}[/]"
    said = escape(statement(verdict))
    if is_myth(verdict.claim):
        failed = "" if verdict.as_expected else f"  [{COLOURS[verdict.word]}]✗ not refuted[/]"
        fact = escape(sentence_of(verdict.claim.instead))
        return [f"[bold]Myth:[/] “{said}”{failed}", f"[bold]Fact:[/] {fact}", f"  {behind}"]
    colour = "green" if verdict.as_expected else COLOURS[verdict.word]
    sign = "✓" if verdict.as_expected else ("?" if verdict.verdict == "inconclusive" else "✗")
    kind = "Control: " if verdict.claim.control else ("Fact: " if verdict.claim.fact else "")
    return [f"[{colour}]{sign}[/] {kind}{said}", f"  {behind}"]


class Printer(StudiesObserver):
    """Prints each study when it has been judged, and the error of a study that is invalid."""

    def judged(self, result: StudyResult) -> None:
        """Print a judged study."""
        judged(result)

    def refused(self, name: str, error: ConfigError) -> None:
        """Print the error of a study that is invalid."""
        print(f"dlx: {name}: {error}", file=sys.stderr)


def outcomes(found: Sequence[Outcome]) -> None:
    """Print the verdicts and durations of several studies."""
    shown = Table()
    for column in ("study", "verdict", "as expected"):
        shown.add_column(column)
    shown.add_column("seconds", justify="right")
    for outcome in found:
        result = outcome.result
        verdict = verdict_text(result.verdict, result.as_expected) if result else "[red]cannot be used[/]"
        shown.add_row(outcome.name, verdict, "yes" if outcome.as_expected else "no", f"{outcome.seconds:.1f}")
    console.print(shown)
    good = sum(outcome.as_expected for outcome in found)
    console.print(f"{good} of {len(found)} studies came out as expected", highlight=False)


def changes(found: Sequence[Change], studies: int) -> None:
    """Print the claims whose verdict changes on fresh seeds."""
    for one in found:
        claim = f"{one.study}: study.claims[{one.claim}]"
        console.print(f"{claim}: {one.own} on its own seeds, {one.fresh} on fresh ones", highlight=False)
    console.print(f"{studies} studies on two sets of seeds: {len(found)} verdicts of claims changed", highlight=False)
