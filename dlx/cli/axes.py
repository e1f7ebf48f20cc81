"""`dlx axes`: list groups, options and keys as plain text, read from the files without importing torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlx.cli.line import understood
from dlx.cli.text import Help, command, paragraph, rows
from dlx.config import catalog, schema
from dlx.config.aliases import ALIASES, full_name
from dlx.config.formula import lines_of, plain_formula
from dlx.config.node import target_of
from dlx.config.parts import GROUPS, parts_of
from dlx.config.shared_keys import OF_IMAGES, OF_SEQUENCES, OF_SYNTHETIC
from dlx.config.suggest import input_of
from dlx.config.words import key_meant, meanings, suggested
from dlx.errors import ConfigError, nearest
from dlx.results.escape import plain

HELP = Help(
    usage=["dlx axes [GROUP | GROUP=OPTION | GROUP.KEY] ..."],
    summary="List what can be configured and swept: groups, their options, and the keys of each option.",
    sections={
        "examples": {
            "dlx axes": "all groups with their options",
            "dlx axes optimizer": "the options of a group, each in one line",
            "dlx axes optimizer=adam": "the keys of an option: type, default and meaning",
            "dlx axes optimizer.lr": "one key, in every option that has it",
        },
        "options": {"-h, --help": "print this page"},
    },
)

DRAWN = ("activation", "scheduler")  # groups whose options may have a graph; the pages of others import nothing for it
LABELS = ("", "", "default ", "")  # precede the cells of a key if they are printed below one another


def main(arguments: list[str]) -> int:
    """Print the pages that the arguments name."""
    if "-h" in arguments or "--help" in arguments:
        print(HELP)
        return 0
    for word in arguments:
        if word.startswith("-"):
            raise ConfigError(f"{word}: no such flag of dlx axes; expected GROUP, GROUP=OPTION or GROUP.KEY")
    words = [each for word in arguments for each in in_own_names(full_name(word))]
    print("\n\n".join(map(page, words)) if words else overview())
    return 0


def in_own_names(word: str) -> list[str]:
    """Return what dlx calls a word of the field, with a note on stderr: `batchnorm` is `normalization=batch`.

    A word with several meanings becomes all of them; one that is in no table is returned as it is.
    """
    if "=" in word:
        return understood(word)
    known = {*catalog.groups(), *(key.path for key in catalog.run_keys())}
    if word in known:
        return [word]
    found = [key_meant(word)] if "." in word else meanings(word) or suggested(word)
    pages = list(dict.fromkeys(each for meant in found for each in meant.split()[:1])) or [word]
    if pages != [word]:
        print(f"dlx: {plain(word)} is read as {', '.join(pages)}", file=sys.stderr)
    return pages


def page(word: str) -> str:
    """Return the page for `group`, `group=option` or `group.key`."""
    group, equals, name = word.partition("=")
    if equals:
        return option_page(group, name)
    if "." in word:
        return key_page(word)
    if word in {key.path for key in catalog.run_keys()}:
        return "\n".join(key_rows([key for key in catalog.run_keys() if key.path == word]))
    return group_page(word)


def overview() -> str:
    """Return the page of all groups with their meaning and options."""
    lines = paragraph("GROUP=OPTION chooses an option; GROUP.KEY=VALUE sets one of its keys. With -m, lists sweep.")
    lines.append("")
    short = {full: alias for alias, full in ALIASES.items()}
    for group, text in catalog.groups().items():
        also = f" ({short[group]})" if group in short else ""
        lines += paragraph(f"{group}{also}: {text.rstrip('.')}")
        names = " ".join(catalog.option_files(group)) or "none yet: write your own in ./experiments/NAME.yaml"
        lines += paragraph(names, "    ")
    lines += ["", "keys of a run:", *key_rows(catalog.run_keys())]
    lines += ["", *paragraph("For more: dlx axes optimizer, dlx axes optimizer=adam, dlx axes optimizer.lr")]
    return "\n".join(lines)


def group_page(group: str) -> str:
    """Return the page of a group: its options in a line each, the default one marked."""
    if group not in catalog.groups():
        raise ConfigError(f"{group}: no such group{nearest(group, [*catalog.groups(), *ALIASES], 'dlx axes')}")
    chosen = catalog.defaults().get(group, [])
    table = [
        [f"{group}={name}", "default" if name in chosen else "", catalog.meaning(file)]
        for name, file in catalog.option_files(group).items()
    ]
    return "\n".join([*paragraph(f"{group}: {catalog.groups()[group].rstrip('.')}"), *rows(table)])


def option_page(group: str, name: str) -> str:
    """Return the page of an option: its class, files, and keys with type, default and meaning."""
    option = catalog.read(group, name)
    lines = paragraph(f"{group}={name}: {option.meaning}")
    if group == "experiment":
        return "\n".join([*lines, *study_lines(option.node.get("study") or {}), f"file: {near(option.file)}"])
    lines += [*formula_lines(option.formula), *graph_lines(group, name)]
    for path, node in catalog.parts(option):
        target = target_of(node)
        if "." in target:  # objective=auto has no class, since the data determine it
            lines += class_lines(target, path if path != group else "")
    lines.append(f"file: {near(option.file)}")
    for other, choice in option.implied.items():
        lines += paragraph(f"also sets {other}={choice} unless you choose another")
    if group == "model" and (own := parts_of(name)):
        example = f"({', '.join(GROUPS)}), e.g. {own[0]}.optimizer.lr=1e-4"
        lines += paragraph(f"parts: {', '.join(own)}; each may have groups of its own {example}")
    found = catalog.keys(option)
    elsewhere = without_meaning(name) if group == "dataset" else set()
    shown = [key for key in found if key.path not in elsewhere]
    lines += ["keys (type, default, meaning):" if shown else "no keys", *key_rows(shown)]
    others = [key.path for key in found if key.path in elsewhere]
    return "\n".join([*lines, *(paragraph(f"of no meaning for these data: {', '.join(others)}") if others else [])])


def without_meaning(dataset: str) -> set[str]:
    """Return the keys of all datasets that have no meaning for one: those of images for a table, for instance."""
    target = target_of(catalog.read("dataset", dataset).node)
    kind = input_of(dataset)
    names = [*OF_IMAGES, *OF_SEQUENCES] if kind == "vector" else [*OF_SEQUENCES] if kind == "image" else []
    names += [*OF_SYNTHETIC] if schema.constant(target, "seeded") is False else []
    return {f"dataset.{name}" for name in names}


def formula_lines(latex: str) -> list[str]:
    """Return the lines of a formula, one for each equation; empty without one."""
    equations = [plain_formula(part) for part in lines_of(latex)]
    return [line for equation in equations for line in paragraph(equation, "    ")]


def graph_lines(group: str, name: str) -> list[str]:
    """Return the graph of an option as text: a function and its derivative, or a learning rate over the epochs."""
    if group not in DRAWN:
        return []
    from dlx.cli.drawn import lines_of as drawn_lines
    from dlx.results.option_graph import graph_of

    graph = graph_of(group, name)
    return ["", *drawn_lines(graph), ""] if graph is not None else []


def class_lines(target: str, path: str) -> list[str]:
    """Return the lines about an option's class: name, place, docstring and example.

    Args:
        target: dotted name of the class.
        path: where the class stands in the configuration, for a member of a list group; otherwise empty.
    """
    source = schema.read_class(target)
    lines = [f"class: {target}"]
    lines += [f"  in {near(source.file)}:{source.line}" if source else f"  part of {target.split('.')[0]}"]
    lines += [f"  configured as {path}"] * bool(path)
    if source is None:
        return lines
    for text in (source.summary, *source.details):
        lines += paragraph(text, "  ")
    return [*lines, "  example:", *command(source.example, "    ")] if source.example else lines


def study_lines(study: dict[str, Any]) -> list[str]:
    """Return the lines about a study: title, arms, axes and seeds."""
    lines = paragraph(f"title: {study['title']}") if study.get("title") else []
    for arm, overrides in (study.get("arms") or {}).items():
        lines += paragraph(f"arm {arm}: {' '.join(map(str, overrides or []))}", "  ")
    for key, values in (study.get("axes") or {}).items():
        lines += paragraph(f"axis {key}: {shown(values).replace(',', ', ')}", "  ")
    if study.get("seeds"):
        lines.append(f"  seeds: {shown(study['seeds'])}")
    return lines


def key_page(path: str) -> str:
    """Return the page of a key: its type, default and meaning in every option that has it."""
    group, _, rest = path.partition(".")
    if group not in catalog.groups():
        raise ConfigError(f"{group}: no such group{nearest(group, [*catalog.groups(), *ALIASES], 'dlx axes')}")
    found = [
        (name, key)
        for name in catalog.option_files(group)
        if group != "experiment"
        for key in catalog.keys(catalog.read(group, name))
    ]
    table = [[f"{group}={name}", *cells(key)[1:]] for name, key in found if key.path == path]
    if not table:
        known = {key.path.partition(".")[2] for _, key in found}
        raise ConfigError(f"{path}: no option of {group} has this key{nearest(rest, known)}")
    return "\n".join([path, *rows(table, LABELS)])


def key_rows(keys: Sequence[catalog.Key]) -> list[str]:
    """Return the lines of a table of keys."""
    return rows([cells(key) for key in keys], LABELS)


def cells(key: catalog.Key) -> list[str]:
    """Return a key's path, type, default and meaning."""
    return [key.path, key.kind, shown(key.default), key.meaning]


def shown(value: Any) -> str:
    """Return a value as it is typed on the command line."""
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
    """Return the path of a file, relative to the current folder if it lies below it."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
