"""A comparison as a table for the terminal, CSV, JSON, HTML or LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from dlx.results.compare import Cell, Comparison, Row

FORMATS = ("table", "csv", "json", "html", "latex")
CAPTION = "mean ± half the 95 % interval over runs; best arm marked"


def text_of(cell: Cell, mark: str = "") -> str:
    """Write mean ± interval, rounded to two digits of the interval."""
    if not math.isfinite(cell.mean):
        return ""
    if not math.isfinite(cell.half) or cell.half == 0:
        return f"{cell.mean:.4g}{mark}"
    digits = min(10, max(0, 1 - math.floor(math.log10(cell.half))))
    return f"{cell.mean:.{digits}f} ± {cell.half:.{digits}f}{mark}"


def header(comparison: Comparison) -> list[str]:
    """Return the names of the columns."""
    return [*comparison.keys, "runs", *comparison.metrics, *(["status"] if troubled(comparison) else [])]


def troubled(comparison: Comparison) -> bool:
    """Tell whether a run has not finished."""
    return any(set(row.statuses) - {"finished"} for row in comparison.rows)


def statuses(row: Row) -> str:
    """Write how many runs have which status."""
    return ", ".join(f"{count} {status}" for status, count in row.statuses.items())


def cells(comparison: Comparison, mark: Callable[[str, bool], str]) -> list[list[str]]:
    """Return the rows as texts; `mark` writes a value and whether it is of the best arm."""
    best = {metric: comparison.best(metric) for metric in comparison.metrics}
    rows, status = [], troubled(comparison)
    for number, row in enumerate(comparison.rows):
        own = [str(row.parameters.get(key, "")) for key in comparison.keys] + [str(len(row.arm.runs))]
        own += [mark(text_of(row.cells[metric]), best[metric] == number) for metric in comparison.metrics]
        rows.append(own + ([statuses(row)] if status else []))
    return rows


def as_csv(comparison: Comparison) -> str:
    """Return CSV: for each metric mean, half interval and number of values."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = [f"{metric}{end}" for metric in comparison.metrics for end in ("", " ±", " n")]
    writer.writerow([*comparison.keys, "runs", *columns])
    for row in comparison.rows:
        values: list[Any] = [row.parameters.get(key, "") for key in comparison.keys] + [len(row.arm.runs)]
        for metric in comparison.metrics:
            cell = row.cells[metric]
            values += [blank(cell.mean), blank(cell.half), len(cell.values)]
        writer.writerow(values)
    return out.getvalue()


def blank(value: float) -> float | str:
    """Return a number, or nothing where there is none."""
    return value if math.isfinite(value) else ""


def as_json(comparison: Comparison) -> str:
    """Return JSON: one object an arm."""
    best = {metric: comparison.best(metric) for metric in comparison.metrics}

    def one(number: int, row: Row) -> dict[str, Any]:
        metrics = {}
        for metric, cell in row.cells.items():
            metrics[metric] = {
                "mean": cell.mean if math.isfinite(cell.mean) else None,
                "half_interval": cell.half if math.isfinite(cell.half) else None,
                "values": list(cell.values),
                "best": best[metric] == number,
            }
        return {
            "parameters": dict(row.parameters),
            "runs": [str(run.folder) for run in row.arm.runs],
            "statuses": dict(row.statuses),
            "metrics": metrics,
        }

    arms = [one(number, row) for number, row in enumerate(comparison.rows)]
    return json.dumps({"keys": list(comparison.keys), "arms": arms}, indent=1, ensure_ascii=False, default=str) + "\n"


def as_html(comparison: Comparison) -> str:
    """Return an HTML table; the best arm is bold."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header(comparison))
    body = ""
    for row in cells(comparison, lambda text, best: f"\0{text}" if best and text else text):
        marked = [f"<strong>{escape(t[1:])}</strong>" if t.startswith("\0") else escape(t) for t in row]
        body += "<tr>" + "".join(f"<td>{text}</td>" for text in marked) + "</tr>\n"
    return f"<table>\n<caption>{CAPTION}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def as_latex(comparison: Comparison) -> str:
    """Return a LaTeX tabular; the best arm is bold."""

    def mark(text: str, best: bool) -> str:
        value = text.replace("±", r"\pm")
        return (rf"$\mathbf{{{value}}}$" if best else f"${value}$") if text else ""

    names = [latex(name) for name in header(comparison)]
    plain = len(comparison.keys) + 1
    rows = [[latex(text) for text in row[:plain]] + row[plain:] for row in cells(comparison, mark)]
    lines = [
        rf"\begin{{tabular}}{{{'l' * len(comparison.keys)}{'r' * (len(names) - len(comparison.keys))}}}",
        r"\hline",
    ]
    lines += [" & ".join(row) + r" \\" + (r" \hline" if i == 0 else "") for i, row in enumerate([names, *rows])]
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def latex(text: str) -> str:
    """Escape what LaTeX reads as its own."""
    own = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    own |= {c: rf"\{c}" for c in "&%$#_{}"}
    return "".join(own.get(c, c) for c in text)


WRITERS: dict[str, Callable[[Comparison], str]] = {
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
    "latex": as_latex,
}


def rich_table(comparison: Comparison) -> Any:
    """Return the table for the terminal; the best arm is green."""
    from rich import box
    from rich.markup import escape as plain
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=CAPTION, caption_justify="left")
    for number, name in enumerate(header(comparison)):
        table.add_column(name, justify="left" if number < len(comparison.keys) else "right", overflow="fold")
    for row in cells(comparison, lambda text, best: f"\0{text}" if best and text else text):
        table.add_row(*(f"[bold green]{plain(t[1:])}[/]" if t.startswith("\0") else plain(t) for t in row))
    return table


def test_lines(comparison: Comparison, metric: str) -> Sequence[str]:
    """Return a line for each pair of arms."""
    names = [" ".join(f"{key}={row.parameters.get(key)}" for key in comparison.keys) for row in comparison.rows]
    return [
        f"{names[test.first]} against {names[test.second]}: difference {test.difference:+.4g}, p {test.p:.2g} "
        f"({'paired' if test.paired else 'Welch'}, Holm)"
        for test in comparison.tests(metric)
    ]
