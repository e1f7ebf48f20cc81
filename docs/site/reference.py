"""The reference: a page for each group with every option and key, generated from conf/ and the classes."""

from __future__ import annotations

import ast
from pathlib import Path

from dlx.cli.axes import shown
from dlx.config import catalog, schema
from dlx.config.aliases import ALIASES
from dlx.config.node import target_of
from dlx.results.escape import html
from dlx.study.book.claims_html import sentence_of
from docs.site.graphs import drawing
from docs.site.markup import console, folded, formula, highlighted, link, prose, raw, table, text, toctree

HIDDEN = ("experiment",)


def groups() -> list[str]:
    """Return the groups that have a page."""
    return [group for group in catalog.groups() if group not in HIDDEN and catalog.option_files(group)]


def reference_index() -> str:
    """Return the page of all groups, and of the keys of a run."""
    short = {full: alias for alias, full in ALIASES.items()}
    rows = [
        [
            f'<a href="{group}.html">{html(group)}</a>' + (f" (<code>{short[group]}</code>)" if group in short else ""),
            prose(sentence_of(catalog.groups()[group])),
            str(len(catalog.option_files(group))),
        ]
        for group in groups()
    ]
    return "\n".join(
        [
            "# Reference",
            "",
            "`GROUP=OPTION` chooses an option, `GROUP.KEY=VALUE` sets one of its keys, and with `-m` lists of values "
            "are swept. The same pages are printed by `dlx axes`, `dlx axes GROUP` and `dlx axes GROUP=OPTION`.",
            "",
            "## Groups",
            raw(table(["group", "what it is", "options"], rows)),
            "## Keys of a run",
            raw(key_table(catalog.run_keys())),
            toctree(groups()),
        ]
    )


def group_page(group: str) -> str:
    """Return the page of a group with all its options."""
    said = sentence_of(catalog.groups()[group])
    names = list(catalog.option_files(group))
    listed = " · ".join(link(f"#{place(group, name)}", name) for name in names)
    parts = [f"# {group}", "", text(said), "", console([f"dlx axes {group}"]), raw(f"<p>{listed}</p>")]
    for name in names:
        parts += option(group, name)
    return "\n".join(parts)


def place(group: str, name: str) -> str:
    """Return the anchor of an option on the page of its group."""
    return f"{group}-{name.replace('_', '-')}"


def option(group: str, name: str) -> list[str]:
    """Return the section of an option: meaning, formula, graph, keys, example and code."""
    own = catalog.read(group, name)
    parts = [f"({place(group, name)})=", f"## {group}={text(name)}", ""]
    parts.append(raw(f"<p>{prose(own.meaning)}</p>"))
    if own.formula:
        parts.append(raw(formula(own.formula)))
    if graph := drawing(group, name):
        parts.append(raw(f'<figure class="plot">{graph}</figure>'))
    for path, node in catalog.parts(own):
        target = target_of(node)
        if "." in target:
            parts += class_parts(target, path if path != group else "")
    keys = catalog.keys(own)
    if keys:
        parts.append(raw(key_table(keys)))
    parts.append(raw(folded(f"conf/{group}/{name}.yaml", highlighted(own.file.read_text(encoding="utf-8"), "yaml"))))
    return parts


def class_parts(target: str, path: str) -> list[str]:
    """Return what a class says of itself, its example and its code; of torch's own classes the name."""
    source = schema.read_class(target)
    place = f", configured as <code>{html(path)}</code>" if path else ""
    parts = [raw(f"<p class=small>class <code>{html(target)}</code>{place}</p>")]
    if source is None:
        return parts
    parts.append(raw("".join(f"<p>{prose(words)}</p>" for words in (source.summary, *source.details))))
    if source.example:
        parts.append(console([" ".join(source.example.split())]))
    parts.append(raw(folded("code", highlighted(class_code(source.file, source.line), "python"))))
    return parts


def class_code(file: Path, line: int) -> str:
    """Return the code of the class that begins at a line of a file."""
    words = file.read_text(encoding="utf-8")
    node = next(n for n in ast.walk(ast.parse(words)) if isinstance(n, ast.ClassDef) and n.lineno == line)
    return "\n".join(words.splitlines()[node.lineno - 1 : node.end_lineno])


def key_table(keys: list[catalog.Key]) -> str:
    """Return the table of keys with type, default and meaning."""
    typed = lambda words: f"<code>{html(words)}</code>"  # noqa: E731
    rows = [[typed(key.path), html(key.kind), typed(shown(key.default)), prose(key.meaning)] for key in keys]
    return table(["key", "type", "default", "meaning"], rows, stacked=True)
