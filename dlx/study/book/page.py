"""The page of a study: claim, plot, arms, verdict, reference and command, in HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from dlx.files import read_json, write_whole
from dlx.study.book.words import number
from dlx.study.read.concepts import concepts

Result = Mapping[str, Any]
STYLE = (Path(__file__).parent / "book.css").read_text(encoding="utf-8")


def write_page(folder: Path) -> Path:
    """Write the page of one judged study beside its result."""
    result = read_json(folder / "result.json")
    path = folder / "page.html"
    text = page(result["title"], section(result, svgs(folder), heading="h1"))
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))
    return path


def svgs(folder: Path) -> list[str]:
    """Return the plots of a study, to stand in the page."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("plot*.svg"))]


def page(title: str, body: str) -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def badge(verdict: str, good: bool) -> str:
    """Return a verdict as a badge; green where it is the expected one."""
    kind = "good" if good else ("open" if verdict == "inconclusive" else "bad")
    return f'<span class="badge {kind}">{escape(verdict)}</span>'


def badge_of(result: Result) -> str:
    """Return the badge of a study."""
    return badge(result["verdict"], result["as_expected"])


def section(result: Result, pictures: Sequence[str], heading: str = "h3") -> str:
    """Return one study."""
    label = f' <span class="badge open">{escape(result["label"])}</span>' if result["label"] else ""
    figures = "".join(f"<figure>{svg}</figure>" for svg in pictures)
    caption = f"<p class=small>{CAPTION}</p>" if pictures else ""
    return (
        f'<section id="{escape(result["name"])}">\n'
        f"<{heading}>{escape(result['title'])} {badge_of(result)}{label}</{heading}>\n"
        f"<p>{escape(result['question'])}</p>\n{figures}{caption}\n"
        f"<ul class=claims>{''.join(claim_item(claim) for claim in result['claims'])}</ul>\n"
        f"<p><strong>Why.</strong> {escape(result['why'])}</p>\n"
        f"{arms_table(result['arms'])}\n{tuning(result['tuning'])}{facts(result)}\n</section>"
    )


CAPTION = "Dots: every seed. Lines and diamonds: the mean; bands and bars: its 95 % interval over seeds."


def claim_item(claim: Mapping[str, Any]) -> str:
    """Return one claim with its verdict."""
    good = claim["verdict"] == claim["expected"]
    kind = "control" if claim["control"] else ("myth" if claim["expected"] == "refuted" else "claim")
    extra = [f"p = {number(claim['p'])} (Holm)"] if claim["p"] is not None else []
    if claim["bca"]:
        extra.append(f"bootstrap (BCa) {number(claim['bca'][0])} to {number(claim['bca'][1])}")
    instead = f" True is: {escape(claim['instead'])}" if claim["instead"] else ""
    small = f" <span class=small>{escape(', '.join(extra))}</span>" if extra else ""
    shown = f"{badge(claim['verdict'], good)} <span class=kind>{kind}</span> {escape(claim['sentence'])}"
    return f"<li>{shown}{instead}{small}</li>"


def arms_table(arms: Mapping[str, Any]) -> str:
    """Return the table of arms: mean ± sd over seeds."""
    head = "".join(f"<th>{escape(name)}</th>" for name in (*arms["axes"], "runs", *arms["metrics"]))
    status = any(set(row["statuses"]) - {"finished"} for row in arms["rows"])
    head += "<th>status</th>" if status else ""
    body = ""
    for row in arms["rows"]:
        cells = [*row["levels"], str(row["runs"]), *(mean_sd(*value) for value in row["values"])]
        cells += [", ".join(f"{count} {word}" for word, count in row["statuses"].items())] if status else []
        body += "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
    table = f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    return f"<details><summary>Arms: mean ± sd over seeds</summary>{table}</details>"


def mean_sd(mean: float | None, sd: float | None) -> str:
    """Write mean ± standard deviation."""
    if mean is None:
        return ""
    return number(mean) + (f" ± {number(float(f'{sd:.2g}'))}" if sd is not None else "")


def tuning(node: Mapping[str, Any] | None) -> str:
    """Return what was tuned, and what it cost."""
    if not node:
        return ""
    chosen = "; ".join(
        f"{', '.join(item['labels'].values()) or 'all runs'}: {item['value']}" for item in node["chosen"][:12]
    )
    more = "; …" if len(node["chosen"]) > 12 else ""
    return (
        f"<p class=small>Tuned: <code>{escape(node['key'])}</code> by {escape(node['by'])} ({escape(chosen)}{more}); "
        f"{node['runs']} runs, {duration(node['seconds'])}; the test split was not touched.</p>"
    )


def facts(result: Result) -> str:
    """Return reference, command, concepts, seeds, time, versions and machine."""
    reference = result["reference"]
    rows = []
    if reference["work"]:
        figure = f": {escape(reference['figure'])}; ours: {ours(result)}" if reference["figure"] else ""
        rows.append(("After", escape(reference["work"]) + figure))
    rows.append(("Command", f"<code>{escape(result['command'])}</code>"))
    rows.append(("Concepts", escape("; ".join(f"{name} {concepts()[name]['concept']}" for name in result["concepts"]))))
    seeds = result["seeds"]
    statuses = ", ".join(f"{count} {word}" for word, count in result["statuses"].items())
    rows.append(
        ("Runs", f"{result['runs']} ({escape(statuses)}), {len(seeds)} seeds, {duration(result['seconds']['runs'])}")
    )
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    rows.append(("Made", f"{escape(result['date'])}, {escape(versions)}, {escape(result['machine'])}"))
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows) + "</dl>"


def ours(result: Result) -> str:
    """Return our own figures, to stand beside a published one."""
    values = [claim["value"] for claim in result["claims"] if not claim["control"] and claim["value"] is not None]
    return ", ".join(number(value) for value in values)


def duration(seconds: float) -> str:
    """Write a time."""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"
