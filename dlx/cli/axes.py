"""`dlx axes`: what can be swept, from the files themselves; fast, and plain text that grep understands."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlx.config import catalog, schema
from dlx.config.aliases import ALIASES, full_name
from dlx.config.node import target_of
from dlx.errors import ConfigError, nearest

HELP = """dlx axes [GROUP[=OPTION]]...: what can be chosen and swept

  dlx axes                    all groups with their options, and the keys of a run
  dlx axes optimizer          the options of a group, a line each
  dlx axes optimizer=adam     the keys of an option: kind, default, range, meaning, and the file of the class
  dlx axes optimizer.lr       one key, in every option that has it"""


def main(arguments: list[str]) -> int:
    """Print what was asked for."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    words = [full_name(word) for word in arguments]
    for word in words:
        if word.startswith("-"):
            raise ConfigError(f"{word}: no such flag of dlx axes; expected GROUP, GROUP=OPTION or GROUP.KEY")
    print("\n\n".join(map(page, words)) if words else overview())
    return 0


def page(word: str) -> str:
    """Return the page for `group`, `group=option` or `group.key`."""
    group, equals, name = word.partition("=")
    if equals:
        return option_page(group, name)
    if "." in word:
        return key_page(word)
    if word in {key.path for key in catalog.run_keys()}:
        return "\n".join(rows([cells(key) for key in catalog.run_keys() if key.path == word]))
    return group_page(word)


def overview() -> str:
    """Return all groups with a line and their options."""
    lines = ["GROUP=OPTION chooses a part, GROUP.KEY=VALUE sets a key of it; lists of values sweep with -m.", ""]
    short = {full: alias for alias, full in ALIASES.items()}
    for group, text in catalog.groups().items():
        also = f" ({short[group]})" if group in short else ""
        lines.append(f"{group}{also}: {text.rstrip('.')}")
        names = " ".join(catalog.option_files(group)) or "none yet: ./experiments/NAME.yaml is one of your own"
        lines += textwrap.wrap(names, width(), initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    lines += ["", "keys of a run:", *rows([cells(key) for key in catalog.run_keys()])]
    lines += ["", "more: dlx axes optimizer, dlx axes optimizer=adam, dlx axes optimizer.lr"]
    return "\n".join(lines)


def group_page(group: str) -> str:
    """Return the options of a group, a line each; the one that is chosen when nothing is said is marked."""
    if group not in catalog.groups():
        raise ConfigError(f"{group}: no such group{nearest(group, [*catalog.groups(), *ALIASES])}")
    chosen = catalog.defaults().get(group, [])
    table = [
        [f"{group}={name}", "default" if name in chosen else "", catalog.meaning(file)]
        for name, file in catalog.option_files(group).items()
    ]
    return "\n".join([f"{group}: {catalog.groups()[group].rstrip('.')}", *rows(table)])


def option_page(group: str, name: str) -> str:
    """Return the keys of an option with kind, default and meaning, and where its class stands."""
    option = catalog.read(group, name)
    lines = [f"{group}={name}: {option.meaning}"]
    if group == "experiment":
        return "\n".join([*lines, *study_lines(option.node.get("study") or {}), f"file: {near(option.file)}"])
    for path, node in catalog.parts(option):
        target = target_of(node)
        if "." not in target:  # objective=auto: chosen when the data are known
            continue
        source = schema.read_class(target)
        where = f"{near(source.file)}:{source.line}" if source else "a class of torch's own"
        lines.append(f"class: {target}  ({where})" + (f", as {path}" if path != group else ""))
        if source:
            for text in (source.summary, *source.details):
                lines += textwrap.wrap(text, width(), initial_indent="  ", subsequent_indent="  ")
            lines += [f"  for example: {source.example}"] * bool(source.example)
    lines.append(f"file: {near(option.file)}")
    lines += [
        f"chooses {other}={choice} too, unless the line says otherwise" for other, choice in option.implied.items()
    ]
    found = catalog.keys(option)
    return "\n".join([*lines, "keys:" if found else "no keys", *rows([cells(key) for key in found])])


def study_lines(study: dict[str, Any]) -> list[str]:
    """Return what a study varies."""
    lines = [f"title: {study['title']}"] if study.get("title") else []
    for arm, overrides in (study.get("arms") or {}).items():
        lines.append(f"  arm {arm}: {' '.join(map(str, overrides or []))}")
    for key, values in (study.get("axes") or {}).items():
        lines.append(f"  axis {key}: {shown(values)}")
    if study.get("seeds"):
        lines.append(f"  seeds: {shown(study['seeds'])}")
    return lines


def key_page(path: str) -> str:
    """Return one key as each option of its group has it."""
    group, _, rest = path.partition(".")
    if group not in catalog.groups():
        raise ConfigError(f"{group}: no such group{nearest(group, [*catalog.groups(), *ALIASES])}")
    found = [
        (name, key)
        for name in catalog.option_files(group)
        if group != "experiment"
        for key in catalog.keys(catalog.read(group, name))
    ]
    table = [[f"{group}={name}", *cells(key)[1:]] for name, key in found if key.path == path]
    if not table:
        known = {key.path.partition(".")[2] for _, key in found}
        raise ConfigError(f"{path}: no option of {group} has such a key{nearest(rest, known)}")
    return "\n".join([path, *rows(table)])


def cells(key: catalog.Key) -> list[str]:
    """Return a key's row."""
    return [key.path, key.kind, shown(key.default), key.meaning]


def shown(value: Any) -> str:
    """Write a value as it would be typed."""
    if value == "???":
        return "(required)"
    if isinstance(value, list):
        return f"[{','.join(map(shown, value))}]"
    return (
        {None: "null", True: "true", False: "false"}[value]
        if value is None or value is True or value is False
        else str(value)
    )


def near(file: Path) -> str:
    """Write a file relative to where the user stands, if it lies below."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def width() -> int:
    """Return how many columns to fill: those of the terminal, 120 in a pipe."""
    return max(60, shutil.get_terminal_size((120, 24)).columns - 4) if os.isatty(1) else 116


def rows(table: Sequence[Sequence[str]]) -> list[str]:
    """Align the columns of a table; the last one is wrapped below itself."""
    if not table:
        return []
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]) - 1)]
    indent = 2 + sum(size + 2 for size in widths if size)
    beside = indent <= width() * 0.6
    lines = []
    for row in table:
        head = "  " + "".join(f"{cell:<{size}}  " for cell, size in zip(row, widths, strict=False) if size)
        indent = indent if beside else 6
        text = textwrap.wrap(row[-1], max(width() - indent, 30), break_on_hyphens=False)
        if beside and text:
            head += text.pop(0)
        lines += [head.rstrip(), *(" " * indent + line for line in text)]
    return lines
