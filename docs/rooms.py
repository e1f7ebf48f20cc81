"""Draw docs/rooms.svg: the rooms of dlx/ and the imports between them, from the table in tests/test_layout.py.

    python docs/rooms.py

An arrow means "imports". Only the arrows that no longer path implies are drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "rooms.svg"
WIDTH, LEFT, HEIGHT, GAP = 900, 30, 46, 32  # of the picture, its margin, a box, and the space between two rows
# Each row from the top: the rooms side by side, and what each holds.
ROWS = [
    [("cli", "commands, one file each")],
    [
        ("study", "run a study"),
        ("study.book", "lab book"),
        ("study.find", "answer questions"),
        ("study.judge", "claims to verdicts"),
        ("study.read", "parse study files"),
    ],
    [("sweep", "expand, check, deduplicate and run many configurations")],
    [("run", "one run: train, evaluate, measure, write its folder")],
    [("training", "Lightning module, checkpoints")],
    [("assembly", "a checked configuration becomes the objects of a run"), ("options", "")],
    [("step", "one training step"), ("nn", "building blocks, weights"), ("metrics", "metric functions")],
    [
        ("data", "raw arrays to batches"),
        ("results", "summaries, tables, plots"),
        ("config.hydra", "adapter to Hydra"),
    ],
    [("config", "gate, kinds, schema, catalog")],
    [("stored", "forms of the files of runs, sweeps and studies, and their reader")],
    [("base", "spec, errors, contracts, seeds, paths, files, console")],
]
STYLE = """
  text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1f2328; text-anchor: middle; }
  .name { font-weight: 600; }
  .what { font-size: 11.5px; fill: #59636e; }
  rect { fill: #f6f8fa; stroke: #8c959f; }
  .option { fill: #ddf4ff; stroke: #54aeff; }
  path { fill: none; stroke: #8c959f; stroke-width: 1.2; marker-end: url(#tip); }
  .made { stroke: #0969da; stroke-dasharray: 5 4; }
  #tip path { fill: #8c959f; stroke: none; marker-end: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .what { fill: #9198a1; }
    rect { fill: #151b23; stroke: #656c76; }
    .option { fill: #0c2d4d; stroke: #1f6feb; }
    path { stroke: #7d8590; }
    .made { stroke: #58a6ff; }
    #tip path { fill: #7d8590; }
  }
"""
Box = tuple[float, float, float]  # left, top, width


def reduced(arrows: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Return the arrows that no longer path implies."""
    below: dict[str, set[str]] = {}

    def reach(room: str) -> set[str]:
        if room not in below:
            below[room] = arrows[room].union(*(reach(other) for other in arrows[room]))
        return below[room]

    return [
        (room, other)
        for room in arrows
        for other in arrows[room]
        if not any(other in reach(between) for between in arrows[room] - {other})
    ]


def draw(table: dict[str, tuple[str, ...]], options: tuple[str, ...]) -> str:
    """Return the picture as SVG.

    Args:
        table: room -> the rooms that it may import from.
        options: the rooms that mirror the groups of conf/; they are drawn as one box.
    """
    arrows: dict[str, set[str]] = {}
    for room, others in table.items():
        name = "options" if room in options else room
        arrows.setdefault(name, set()).update("options" if other in options else other for other in others)
    missing = set(arrows) ^ {room for row in ROWS for room, _ in row}
    assert not missing, f"docs/rooms.py: ROWS must have each room once: {sorted(missing)}"
    boxes: dict[str, Box] = {}
    shapes = []
    top = 10.0
    for row in ROWS:
        height = HEIGHT * (1.6 if any(room == "options" for room, _ in row) else 1)
        size = min((WIDTH - 2 * LEFT - GAP * (len(row) - 1)) / len(row), 440)
        start = (WIDTH - size * len(row) - GAP * (len(row) - 1)) / 2
        for number, (room, what) in enumerate(row):
            boxes[room] = start + number * (size + GAP), top, size
            shapes.append(box(room, what, boxes[room], height, options))
        top += height + GAP
    heights = {room: HEIGHT * (1.6 if room in ("options", "assembly") else 1) for room in boxes}
    lines = [arrow(boxes, heights, *pair) for pair in sorted(reduced(arrows))]
    x, y, size = boxes["assembly"]
    made = f'<path class="made" d="M{x + size:.0f} {y + 36:.0f} H{boxes["options"][0] - 2:.0f}"/>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top - GAP + 10:.0f}" role="img">',
            "<title>The rooms of dlx: an arrow means that the upper room imports the lower one</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
            *lines,
            made,
            *shapes,
            "</svg>\n",
        ]
    )


def box(room: str, what: str, place: Box, height: float, options: tuple[str, ...]) -> str:
    """Return a room's rectangle with its texts."""
    x, y, size = place
    middle = x + size / 2
    texts = [("name", room), ("what", what)]
    if room == "options":
        texts = [("name", "the option groups (file = option = class)")]
        texts += [("what", " · ".join(options[at : at + 4])) for at in range(0, len(options), 4)]
    step = 16 if room == "options" else 18
    first = y + height / 2 - step * (len(texts) - 1) / 2 + 4
    lines = [
        f'<text class="{kind}" x="{middle:.0f}" y="{first + n * step:.0f}">{escape(text)}</text>'
        for n, (kind, text) in enumerate(texts)
    ]
    kind = ' class="option"' if room == "options" else ""
    return f'<rect{kind} x="{x:.0f}" y="{y:.0f}" width="{size:.0f}" height="{height:.0f}" rx="7"/>' + "".join(lines)


def arrow(boxes: dict[str, Box], heights: dict[str, float], room: str, other: str) -> str:
    """Return the line from a room to one that it imports."""
    (x, y, size), (x2, y2, size2) = boxes[room], boxes[other]
    if y == y2:  # side by side
        ends = (x + size, x2 - 2) if x < x2 else (x, x2 + size2 + 2)
        return f'<path d="M{ends[0]:.0f} {y + HEIGHT / 2:.0f} H{ends[1]:.0f}"/>'
    if y2 - y > 4 * HEIGHT:  # far below: along the right margin
        lane, start, end = WIDTH - LEFT / 2, y + HEIGHT / 2, y2 + HEIGHT / 2
        return f'<path d="M{x + size:.0f} {start:.0f} H{lane:.0f} V{end:.0f} H{x2 + size2 + 2:.0f}"/>'
    left, right = max(x, x2), min(x + size, x2 + size2)
    straight = left + 24 < right
    start = (left + right) / 2 if straight else x + size / 2
    end = start if straight else x2 + size2 / 2
    low, high = y + heights[room], y2 - 2
    return f'<path d="M{start:.0f} {low:.0f} C{start:.0f} {high:.0f} {end:.0f} {low:.0f} {end:.0f} {high:.0f}"/>'


def picture() -> str:
    """Return the picture of the table in tests/test_layout.py."""
    sys.path.insert(0, str(ROOT))
    from tests.test_layout import ARROWS, OPTIONS

    return draw(ARROWS, OPTIONS)


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
