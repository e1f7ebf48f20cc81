"""Conversion of a table of arms to CSV, JSON, HTML and LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from typing import Any

from dlx.results.escape import cell, html, json_text, latex, plain
from dlx.results.table import HALF, ArmsTable, Row


def as_csv(table: ArmsTable) -> str:
    """Return the table as CSV, with mean, spread and number of values of each metric."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = [f"{metric}{end}" for metric in table.metrics for end in ("", " ±", " n")]
    writer.writerow(map(cell, [*table.keys, "runs", *columns]))
    for row in table.rows:
        values: list[Any] = [*map(cell, row.levels), row.runs]
        for one in row.estimates:
            values += ["" if finite(x) is None else x for x in (one.mean, one.spread)] + [len(one.values)]
        writer.writerow(values)
    return out.getvalue()


def finite(value: float) -> float | None:
    """Return a number if it is finite, otherwise None, since JSON has neither nan nor infinity."""
    return value if math.isfinite(value) else None


def as_json(table: ArmsTable) -> str:
    """Return the table as JSON, with one object for each arm."""
    spread = "half_interval" if table.spread == HALF else "std"

    def one(number: int, row: Row) -> dict[str, Any]:
        metrics = {
            metric: {
                "mean": finite(estimate.mean),
                spread: finite(estimate.spread),
                "values": list(estimate.values),
                "best": table.is_best(place, number),
            }
            for place, (metric, estimate) in enumerate(zip(table.metrics, row.estimates, strict=True))
        }
        return {
            "parameters": dict(zip(table.keys, row.levels, strict=True)),
            "runs": list(row.folders),
            "statuses": dict(row.statuses),
            "metrics": metrics,
        }

    arms = [one(number, row) for number, row in enumerate(table.rows)]
    return json_text({"keys": list(table.keys), "arms": arms}) + "\n"


def as_html(table: ArmsTable) -> str:
    """Return the table as HTML; the best value of each metric is bold."""
    caption = f"<caption>{html(table.caption)}</caption>\n" if table.caption else ""
    head = "".join(f"<th>{html(name)}</th>" for name in table.header)
    body = ""
    for number, row in enumerate(table.cells(lambda text, best: text)):
        marked = [
            f"<strong>{html(text)}</strong>" if text and table.is_best_cell(number, place) else html(text)
            for place, text in enumerate(row)
        ]
        body += "<tr>" + "".join(f"<td>{text}</td>" for text in marked) + "</tr>\n"
    return f"<table>\n{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def as_latex(table: ArmsTable) -> str:
    """Return the table as a LaTeX tabular with the rules of the package booktabs; the best value of a metric is bold.

    Comments above it name the package and say what the signs mean.
    """

    def mark(text: str, best: bool) -> str:
        value = text.replace("±", r"\pm")
        return (rf"$\mathbf{{{value}}}$" if best else f"${value}$") if text else ""

    names = [latex(name) for name in table.header]
    first = len(names) - len(table.metrics)
    rows = [[latex(text) for text in row[:first]] + row[first:] for row in table.cells(mark)]
    said = table.caption.replace("is marked", "is bold")
    lines = [
        r"% \usepackage{booktabs}",
        *([f"% {plain(said)}"] if said else []),
        rf"\begin{{tabular}}{{{'l' * len(table.keys)}{'r' * (len(names) - len(table.keys))}}}",
        r"\toprule",
    ]
    lines += [" & ".join(row) + r" \\" + (r" \midrule" if i == 0 else "") for i, row in enumerate([names, *rows])]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


WRITERS: dict[str, Callable[[ArmsTable], str]] = {
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
    "latex": as_latex,
}
FORMATS = ("table", *WRITERS)
