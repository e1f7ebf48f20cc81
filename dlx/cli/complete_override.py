"""Candidates for an override that is being typed: groups and keys, and after `=` options, values and files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlx.config import catalog
from dlx.config.aliases import ALIASES, full_name
from dlx.config.words import beginning

FILES = ("path", "init_from", "source", "folder")  # keys whose values are files


def override(word: str, before: list[str], ends: str = "=") -> Iterator[str]:
    """Yield the overrides that complete a token: groups and keys, or after `=` options and values."""
    match = re.match(r"(\+\+|\+|~)?", word)
    sign = match.group() if match else ""
    body = word.removeprefix(sign)
    key, equals, value = body.partition("=")
    if equals:
        yield from (f"{sign}{key}={rest}" for rest in values(key, value, before))
        return
    ends = " " if sign == "~" else ends
    yield from (f"{sign}{rest}" for rest in list(names(body, before, ends)) or meant(body, ends))


def meant(body: str, ends: str) -> list[str]:
    """Return the group or key that a word of the field begins to name (`epo`: `trainer.max_epochs=`), if it is one.

    Bash and zsh put it in the place of the word; fish offers only what begins with the typed letters.
    """
    head, dot, rest = body.rpartition(".")
    found = [name for name in beginning(rest) if "=" not in name and name.startswith(f"{full_name(head)}{dot}")]
    return [f"{found[0]}{ends}"] if len(found) == 1 else []


def names(body: str, before: list[str], ends: str) -> Iterator[str]:
    """Yield the groups, aliases and keys that complete the typed part of a key by one segment."""
    head, dot, _ = body.partition(".")
    if not dot:
        for name in starting(body, [*catalog.groups(), *ALIASES]):
            yield from (f"{name}=", f"{name}.", *([f"{name} "] if ends == " " else []))
        yield from (f"{key.path}{ends}" for key in catalog.run_keys() if key.path.startswith(body))
        return
    depth = body.count(".") + 1
    for key in keys(full_name(head), before):
        parts = [head, *key.path.split(".")[1:]]
        shown = ".".join(parts[:depth])
        if shown.startswith(body):
            yield f"{shown}." if len(parts) > depth else f"{shown}{ends}"


def values(key: str, value: str, before: list[str]) -> Iterator[str]:
    """Yield the values that complete the typed part; in a list, those of its last item."""
    place = max(value.rfind(","), value.rfind("[")) + 1
    done, item = value[:place], value[place:]
    taken = set(re.split(r"[,\[\]]", done))
    group = full_name(key.split("@")[0])
    if group in catalog.groups():
        more = "" if "[" in done and "]" not in done else " "  # an open list continues
        found = list(starting(item, catalog.option_files(group))) or option_meant(group, item)
        yield from (f"{done}{option}{more}" for option in found if option not in taken)
        return
    full = full_name(key)
    for known in [*keys(full.split(".")[0], before), *catalog.run_keys()]:
        if known.path == full:
            if full.rpartition(".")[2] in FILES:
                yield from (f"{done}{path}" for path in files(item))
            else:
                yield from (f"{done}{v} " for v in starting(item, literals(known)) if v not in taken)


def option_meant(group: str, item: str) -> list[str]:
    """Return the option that a word of the field begins to name (`gradient_desc`: `sgd`), if it is one."""
    found = [name for name in beginning(item) if name.startswith(f"{group}=")]
    return [found[0].partition("=")[2]] if len(found) == 1 and " " not in found[0] else []


def literals(key: catalog.Key) -> Iterator[str]:
    """Yield the values that the type of a key enumerates, and its default."""
    from dlx.cli.axes import shown

    for kind in key.kind.split(" or "):
        if kind == "bool":
            yield from ("true", "false")
        elif kind == "null" or "|" in kind:
            yield from kind.split("|")
    if key.default != "???" and not isinstance(key.default, dict):
        yield shown(key.default)


def keys(group: str, before: list[str]) -> list[catalog.Key]:
    """Return the keys of a group on this command line: those of its chosen or default option."""
    if group not in catalog.groups() or group == "experiment":
        return []
    chosen = catalog.option_files(group) if group in catalog.STANDING else chosen_options(before).get(group, [])
    return [key for name in chosen for key in catalog.keys(catalog.read(group, name))]


def chosen_options(before: list[str]) -> dict[str, list[str]]:
    """Return the chosen options of each group on this command line."""
    typed = {}
    for word in before:
        group, equals, value = full_name(word.lstrip("+")).partition("=")
        if equals and group.split("@")[0] in catalog.groups():
            known = catalog.option_files(group.split("@")[0])
            typed[group.split("@")[0]] = [name for name in re.split(r"[,\[\]]", value) if name in known]
    chosen = {**catalog.defaults(), **typed}
    for group in ("model", "dataset"):  # a model chooses its natural dataset, a dataset its objective
        for name in chosen.get(group, []):
            chosen |= {other: [o] for other, o in catalog.read(group, name).implied.items() if other not in typed}
    return chosen


def files(word: str) -> Iterator[str]:
    """Yield the files and folders that start with a token."""
    folder, name = os.path.split(word)
    place = Path(folder).expanduser()
    for path in sorted(place.iterdir() if place.is_dir() else []):
        if path.name.startswith(name) and (name.startswith(".") or not path.name.startswith(".")):
            yield os.path.join(folder, path.name) + ("/" if path.is_dir() else " ")


def starting(word: str, choices: Iterable[str]) -> Iterator[str]:
    """Yield the choices that start with a token."""
    return (choice for choice in choices if choice.startswith(word))
