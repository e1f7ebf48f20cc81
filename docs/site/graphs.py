"""Graphs of options as pictures of the site: what `dlx axes` draws with characters."""

from __future__ import annotations

import io

from dlx.results.figure import COLORS, inline, new_figure, style
from dlx.results.option_graph import graph_of
from docs.site.markup import labeled


def drawing(group: str, name: str) -> str:
    """Return the graph of an option as SVG in the color of the page; empty if it has none."""
    graph = graph_of(group, name)
    if graph is None:
        return ""
    with style():
        figure, (own,) = new_figure(width=4.6, height=2.7)
        for (label, y), color, dash in zip(graph.curves.items(), COLORS, ("-", "--"), strict=False):
            own.plot(graph.x, y, dash, color=color, label=label, linewidth=1.8)
        own.set_xlabel(graph.x_label)
        own.set_ylabel(graph.y_label)
        if len(graph.curves) > 1:
            own.legend(frameon=False, fontsize=9)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return labeled(
        inline(file.getvalue(), f"{group}-{name}"), f"graph of {', '.join(graph.curves)} over {graph.x_label}"
    )
