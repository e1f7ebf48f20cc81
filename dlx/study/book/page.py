"""The page of a study, a self-contained HTML file with its claims, figures, arms, verdicts, reference and command."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlx.console import language
from dlx.files import write_text
from dlx.results.escape import html
from dlx.results.facts import duration, statuses_text
from dlx.results.formats import as_html
from dlx.results.page import page
from dlx.results.svg import drawings
from dlx.results.table import STD, ArmsTable, Estimate, Row
from dlx.stored.result import read_result
from dlx.study.book.badges import MYTH, Badge, badges
from dlx.study.book.captions import caption_of
from dlx.study.book.claims_html import Result, badge, claims_list, facts_list
from dlx.study.book.korean import local_result, local_study
from dlx.study.book.numbers import number
from dlx.study.book.titles import titled
from dlx.study.judge.looks import SHARES
from dlx.study.judge.verdict import TRUTH
from dlx.study.read.concepts import concepts
from dlx.study.read.local import local, local_concept
from dlx.study.read.shelf import find_study
from dlx.study.read.study import Counts, Study


def write_page(folder: Path, study: Study | None = None) -> Path:
    """Write the page of a judged study to the folder of its result, and return its path.

    Args:
        folder: the folder of the result.
        study: the study as it was judged, in case that no file defines it, as for a typed claim.
    """
    result = read_result(folder)
    assert result is not None, "it was written before"
    path, study = folder / "page.html", find_study(result["name"]) or study
    own = local_result(result, study)
    text = page(own["title"], section(own, *drawings(folder), heading="h1", study=study), language())
    write_text(path, text)
    return path


def badge_of(result: Result) -> str:
    """Return the badge of a study; it is not green if the study refutes a myth, which its title may state."""
    if result["verdict"] in MYTH and result["as_expected"]:
        return f'<span class="badge open">{local("myth refuted")}</span>'
    return badge(word(result["verdict"], wrong_facts(result)), result["as_expected"])


def word(verdict: str, wrong: int) -> str:
    """Return the verdict on the claims of a study, and that some of its facts are wrong."""
    if not wrong or verdict in TRUTH.values():
        return verdict
    return f"{verdict}, but {'a fact is' if wrong == 1 else f'{wrong} facts are'} wrong"


def wrong_facts(result: Result) -> int:
    """Return the number of facts of a result that are not as the study expects."""
    return sum(fact["verdict"] != fact["expected"] for fact in result["facts"])


def counts_of(result: Result) -> Counts:
    """Return the number of claims, facts and myths of a result, including one of an earlier version."""
    claims, facts = result["claims"], result["facts"]
    myths = [sum(entry["expected"] in MYTH for entry in entries) for entries in (claims, facts)]
    return Counts(len(claims) - myths[0], len(facts) - myths[1], sum(myths))


def section(
    result: Result,
    pictures: Sequence[str],
    broken: Sequence[str] = (),
    heading: str = "h3",
    study: Study | None = None,
) -> str:
    """Return the section of one study.

    Args:
        result: its result.
        pictures: its drawings, as SVG.
        broken: names of the files that are no drawings, and are left out.
        heading: element of the heading.
        study: the study as its file defines it, for the units of its effects; None if it is not known.
    """
    label = f' <span class="badge open">{html(local(result["label"]))}</span>' if result["label"] else ""
    wrong = "" if result["as_expected"] else f" {badge_of(result)}"
    figures = "".join(
        f"<figure>{svg}<figcaption class=small>{html(caption)}</figcaption></figure>"
        for svg, caption in zip(titled(pictures, result, study), captions_of(len(pictures), study), strict=True)
    )
    caption = ""
    left_out = local(f"Left out: {', '.join(broken)} is no drawing of dlx.") if broken else ""
    caption += f"<p class=small>{html(left_out)}</p>" if broken else ""
    return (
        f'<section id="{html(result["name"])}" data-verdict="{html(result["verdict"])}">\n'
        f"<{heading}>{html(result['title'])}{wrong}{label}</{heading}>\n"
        f"<p>{html(result['question'])} <span class=small>{local(str(counts_of(result)))}</span></p>\n"
        f"<p>{badge_row(badges(result, study))}</p>\n{figures}{caption}\n"
        f"{claims_list(result)}{facts_list(result)}"
        f"<p><strong>{local('Why.')}</strong> {html(result['why'])}</p>\n"
        f"{arms_table(result['arms'])}\n{tuning(result['tuning'])}{facts(result)}\n</section>"
    )


def captions_of(count: int, study: Study | None) -> list[str]:
    """Return what to see in each plot of a study; the general caption if its plots are not known."""
    plots = local_study(study).plots if study is not None else ()
    return [caption_of(plot) for plot in plots] if len(plots) == count else [local(CAPTION)] * count


def badge_row(found: Sequence[Badge]) -> str:
    """Return badges in HTML, one after the other; a number without the name of its metric is called measured."""
    bare = [one.kind == "effect" and not one.text[:1].isalpha() for one in found]
    texts = [f"{local('measured')} {one.text}" if alone else one.text for one, alone in zip(found, bare, strict=True)]
    return " ".join(
        f'<span class="badge {one.tone}">{html(words)}</span>' for one, words in zip(found, texts, strict=True)
    )


CAPTION = "Dots: every seed. Lines and diamonds: the mean; bands and bars: its 95 % interval over seeds."


def table_of(arms: Mapping[str, Any], say: Callable[[str], str] = str) -> ArmsTable:
    """Return the table of arms of a result, with means and standard deviations over seeds.

    Args:
        arms: the node `arms` of a result.
        say: puts words that are no names into the language of the reader.
    """
    rows = [
        Row(
            row["levels"],
            row["runs"],
            [Estimate(known(mean), known(std)) for mean, std in row["values"]],
            row["statuses"],
        )
        for row in arms["rows"]
    ]
    return ArmsTable(arms["axes"], arms["metrics"], rows, STD, say=say)


def known(value: float | None) -> float:
    """Return a number, or nan for None."""
    return math.nan if value is None else value


def arms_table(arms: Mapping[str, Any]) -> str:
    """Return the table of arms in a collapsed element."""
    table = table_of(arms, local)
    return f"<details><summary>{local('Arms')}</summary><div class=scroll>{as_html(table)}</div></details>"


def tuning(node: Mapping[str, Any] | None) -> str:
    """Return the tuned key, its selected values and the cost of tuning; empty without tuning."""
    if not node:
        return ""
    chosen = "; ".join(
        f"{', '.join(item['labels'].values()) or 'all runs'}: {item['value']}" for item in node["chosen"][:12]
    )
    more = "; …" if len(node["chosen"]) > 12 else ""
    said = local(
        f"Tuned: <code>{html(node['key'])}</code> by {html(node['by'])} ({html(chosen)}{more}); "
        f"{node['runs']} runs, {duration(node['seconds'])}; the test split was not touched."
    )
    return f"<p class=small>{said}</p>"


def facts(result: Result) -> str:
    """Return the reference, command, concepts, seeds, time, versions and machine of a study."""
    reference = result["reference"]
    rows = []
    if reference["work"]:
        figure = f": {html(reference['figure'])}{local('; ours: ')}{ours(result)}" if reference["figure"] else ""
        rows.append(("After", html(reference["work"]) + figure))
    rows.append(("Command", f"<code>{html(result['command'])}</code>"))
    rows.append(("Concepts", html("; ".join(concept(name) for name in result["concepts"]))))
    if len(result["looks"]) > 1:
        rows.append(("Looks", html(local(looks(result)))))
    seeds = result["seeds"]
    statuses = statuses_text(result["statuses"])
    runs = f"{result['runs']} ({html(statuses)}), {len(seeds)} seeds, {duration(result['seconds']['runs'])}"
    rows.append(("Runs", local(runs)))
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    rows.append(("Made", f"{html(result['date'])}, {html(versions)}, {html(result['machine'])}"))
    return "<dl>" + "".join(f"<dt>{local(name)}</dt><dd>{text}</dd>" for name, text in rows) + "</dl>"


def concept(name: str) -> str:
    """Return the id of a concept with its name; only the id of one that another version of dlx had."""
    return f"{name} {local_concept(name)['concept']}" if name in concepts() else name


def looks(result: Result) -> str:
    """Return the looks at a study: their seeds and verdicts, and which one this page shows."""
    named = (f"{len(look['seeds'])} seeds: {look['verdict']}" for look in result["looks"])
    listed = "; ".join(f"look {number} with {text}" for number, text in enumerate(named, start=1))
    return f"{listed}. This is look {(result['look'] or 0) + 1} of {len(SHARES)} that the plan allows."


def ours(result: Result) -> str:
    """Return the values of the claims and facts, for comparison with a published figure."""
    entries = (*result["claims"], *result["facts"])
    values = [entry["value"] for entry in entries if not entry["control"] and entry["value"] is not None]
    return ", ".join(number(value) for value in values)
