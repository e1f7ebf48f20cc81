"""A judged claim printed to the terminal: its arms, statistics, picture and study file, and the answer at the end."""

from __future__ import annotations

from dlx.cli.show_study import curves
from dlx.console import console, relative
from dlx.results.escape import markup, plain
from dlx.results.facts import duration, statuses_text
from dlx.results.table import print_table
from dlx.study.book.answer import HEADS, answer, answer_of
from dlx.study.book.page import table_of
from dlx.study.book.words import statement, statistics
from dlx.study.claim import FILE, Asked, next_seeds
from dlx.study.judge.looks import SHARES
from dlx.study.result import StudyResult

COLORS = {"holds": "green", "refuted": "red", "inconclusive": "yellow"}


def show(asked: Asked, result: StudyResult, saved: str = "") -> None:
    """Print a judged claim.

    Args:
        asked: the claim as it was asked.
        result: its result.
        saved: the name of the study that it was saved as; empty if it was not.
    """
    say = lambda text: console.print(text, highlight=False, soft_wrap=True)  # noqa: E731
    folder = relative(result.folder)
    arms = table_of(result.as_json()["arms"])
    print_table(console, arms, console.width, f"{folder}/page.html shows all")
    for verdict in result.verdicts if len(result.verdicts) > 1 else ():
        say(f"  [{COLORS[verdict.verdict]}]{HEADS[verdict.verdict]}[/]: {markup(statement(verdict))}")
        say(f"    [dim]{markup(statistics(verdict))}[/]")
    reused = f"; {result.reused} of them reused" if result.reused else ""
    say(f"runs     {statuses_text(result.statuses)}{reused}; {duration(result.cost)}")
    if result.look:
        say(f"look     {result.look + 1} of {len(SHARES)}, which share the error rate of 5 %")
    for path in sorted(result.folder.glob("plot*.png")):
        say(f"picture  {markup(relative(path))}")
    for path in curves(result):
        say(f"curves   {markup(relative(path))}")
    say(f"page     {markup(folder)}/page.html")
    if saved:
        say(f"study    experiments/{saved}.yaml; dlx study run {saved}")
    else:
        say(f"study    {markup(folder)}/{FILE}, with --save NAME a study of your own:")
        for line in (result.folder / FILE).read_text(encoding="utf-8").splitlines():
            console.print(f"  {plain(line)}", highlight=False, markup=False, soft_wrap=True, style="dim")
    if seeds := next_seeds(result):
        say(f"next     {markup(asked.command(seeds))}")
    word = answer_of(result.verdicts)
    head, _, rest = answer(result.verdicts, result.runs).partition(":")
    assert head == HEADS[word]
    say(f"[bold {COLORS[word]}]{head}[/]:{markup(rest)}")
