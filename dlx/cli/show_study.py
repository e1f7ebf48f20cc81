"""Judged studies printed to the terminal: claims and facts with their verdicts, arms, and changes on fresh seeds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from rich.table import Table

from dlx.cli.list_study import COLORS, verdict_text
from dlx.console import console, relative
from dlx.errors import ConfigError
from dlx.results.escape import markup, plain
from dlx.results.facts import duration, statuses_text
from dlx.results.table import print_table
from dlx.study.book.claims_html import sentence_of
from dlx.study.book.korean import local_study
from dlx.study.book.page import table_of
from dlx.study.book.words import correction, is_myth, plural, statement, statistics
from dlx.study.judge.looks import SHARES
from dlx.study.judge.verdict import Verdict
from dlx.study.read.local import labeled, local, local_said
from dlx.study.read.study import Counts
from dlx.study.result import StudyResult
from dlx.study.runs import Outcome, StudiesObserver
from dlx.study.variation import span
from dlx.sweep.cells import SEED
from dlx.sweep.show import comparisons, pictures

if TYPE_CHECKING:
    from dlx.study.check import Change

MOST_ROWS = 40
SHORT = 100  # letters of a claim in the list of changes


def judged(result: StudyResult) -> None:
    """Print a judged study: its claims with their verdicts, the explanation, the arms, and the paths of its files."""
    say = lambda text: console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    words = local_study(result.study)
    title = markup(words.title) + (f" [yellow]({markup(local(result.label))})[/]" if result.label else "")
    say(f"[bold]{title}[/]")
    facts_heading = f"{local('Facts, checked in every run')}:"
    for heading, verdicts, claims in (("", result.verdicts, words.claims), (facts_heading, result.facts, words.facts)):
        if heading and verdicts:
            say(heading)
        for verdict, claim in zip(verdicts, claims, strict=True):
            for line in verdict_lines(replace(verdict, claim=claim), result.study.replicate):
                say(f"  {line}")
    say(f"{local('Why')}: {markup(words.why)}")
    page = relative(result.folder / "page.html")
    arms = table_of(result.as_json()["arms"], local)
    print_table(console, arms, console.width, local(f"{page} shows all"), most=MOST_ROWS)
    if len(arms.rows) > MOST_ROWS:
        say(markup(local(f"… and {len(arms.rows) - MOST_ROWS} more arms in {page}")))
    if result.tuning:
        own = result.tuning
        tuned = local(f"{own['key']} by {own['by']}: {own['runs']} runs, {duration(own['seconds'])}")
        say(labeled("tuned", markup(tuned)))
    again = f"; {result.reused} of them reused, --again trains them again" if result.reused else ""
    say(labeled("counts", local(str(result.study.counts))))
    for line in look_lines(result):
        say(line)
    say(labeled("runs", local(f"{statuses_text(result.statuses)}{again}")))
    spent = f"{duration(result.cost)} for all runs, {duration(result.seconds)} for this command"
    say(labeled("time", local(spent)))
    for path in sorted(result.folder.glob("plot*.svg")):
        say(labeled("plot", f"{markup(relative(path))}, {path.with_suffix('.png').name}"))
    for path in curves(result):
        say(labeled("curves", markup(relative(path))))
    say(labeled("page", markup(page)))
    say(labeled("sweep", markup(relative(result.sweep))))


def curves(result: StudyResult) -> list[Path]:
    """Draw the learning curves of a judged study by arm to its folder and return the picture; none without epochs."""
    axes, study = list(result.grid.axes), result.study
    units = (SEED, study.replicate)
    rows = [
        ({axis: level for axis, level in zip(axes, key, strict=True) if axis not in units}, run)
        for key, run in result.grid.runs.items()
    ]
    return pictures(comparisons(rows, None, test=False), result.folder) if rows else []


def look_lines(result: StudyResult) -> list[str]:
    """Return which look at the study this is, and the command of the next or of the last one; empty if neither."""
    name, own = result.study.name, result.look
    if own is None or not result.verdicts:
        return []
    last = result.looks[-1]
    this = local(f"{own + 1} of {len(SHARES)}, with {len(result.looks[own]['seeds'])} seeds")
    lines = [labeled("look", this)] if own else []
    if own < len(result.looks) - 1:
        seeds = span(last["seeds"])
        command = f"dlx study run {name} --seeds {seeds}"
        return [labeled("look", local(f"{own + 1} of {len(SHARES)}; the last one: {command}"))]
    if "inconclusive" in last["claims"] and any(last["needed"]) and len(result.looks) < len(SHARES):
        further = local(f"dlx study run {name} --more-seeds, look {own + 2} of {len(SHARES)}")
        lines.append(labeled("next", further))
    return lines


def verdict_lines(verdict: Verdict, replicate: str) -> list[str]:
    """Return a claim and, dimmed, its verdict with the statistics; a myth is followed by the fact and has no tick."""
    behind = f"[dim]{markup(local(statistics(verdict, replicate)))}[/]"
    said = markup(local_said(statement(verdict)))
    if is_myth(verdict.claim):
        failed = "" if verdict.as_expected else f"  [{COLORS[verdict.word]}]✗ {local('not refuted')}[/]"
        fact = markup(local_said(sentence_of(correction(verdict))))
        return [f"[bold]{local('Myth')}:[/] “{said}”{failed}", f"[bold]{local('Fact')}:[/] {fact}", f"  {behind}"]
    color = "green" if verdict.as_expected else COLORS[verdict.word]
    sign = "✓" if verdict.as_expected else ("?" if verdict.verdict == "inconclusive" else "✗")
    kind = f"{local('Control')}: " if verdict.claim.control else ""
    return [f"[{color}]{sign}[/] {kind}{said}", f"  {behind}"]


class Printer(StudiesObserver):
    """Prints each study when it has been judged, and the error of a study that is invalid."""

    def judged(self, result: StudyResult) -> None:
        """Print a judged study."""
        judged(result)

    def refused(self, name: str, error: ConfigError) -> None:
        """Print the error of a study that is invalid."""
        print(f"dlx: {plain(name)}: {plain(error, lines=True)}", file=sys.stderr)


def outcomes(found: Sequence[Outcome]) -> None:
    """Print the verdicts and durations of several studies."""
    shown = Table()
    for column in ("study", "verdict", "as expected"):
        shown.add_column(local(column))
    shown.add_column(local("seconds"), justify="right")
    for outcome in found:
        result = outcome.result
        verdict = f"[red]{local('cannot be used')}[/]"
        if result:
            verdict = verdict_text(result.verdict, result.as_expected, sum(not one.as_expected for one in result.facts))
        expected = local("yes" if outcome.as_expected else "no")
        shown.add_row(markup(outcome.name), verdict, expected, f"{outcome.seconds:.1f}")
    console.print(shown)
    good = sum(outcome.as_expected for outcome in found)
    counts = Counts.total(outcome.result.study.counts for outcome in found if outcome.result)
    console.print(local(f"{good} of {len(found)} studies with {counts} came out as expected"), highlight=False)


def changes(found: Sequence[Change], studies: Sequence[Outcome]) -> None:
    """Print the claims and facts whose verdict changes on fresh seeds.

    Args:
        found: the changes.
        studies: the outcomes of the studies on their own seeds.
    """
    spoken = {outcome.name: local_study(outcome.result.study) for outcome in studies if outcome.result}
    for one in found:
        said = markup(shorten(local_said(one.said_in(spoken[one.study])), SHORT, placeholder=" …"))
        verdicts = local(f"{local(one.own.word)} on its own seeds, {local(one.fresh.word)} on fresh ones")
        line = f"{markup(one.study)}: {markup(one.where)}: “{said}”: {verdicts}"
        console.print(line, highlight=False, soft_wrap=True)
    counts = Counts.total(outcome.result.study.counts for outcome in studies if outcome.result)
    facts = sum(one.own.claim.fact for one in found)
    changed = plural(len(found), "verdict") + f" changed{f', {facts} of them on facts' if facts else ''}"
    many = "1 study" if len(studies) == 1 else f"{len(studies)} studies"
    console.print(local(f"{many} with {counts} on two sets of seeds: {changed}"), highlight=False, soft_wrap=True)
