"""The words of the field: `model=fcn` is read as `model=mlp`, `epochs=5` as `trainer.max_epochs=5`.

The table is words.yaml, in English and Korean. What dlx has itself comes first, and a word that may mean several things
is refused with all of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from dlx.config import catalog, parts
from dlx.config.yaml_file import read_mapping
from dlx.errors import ConfigError

TABLE = Path(__file__).with_name("words.yaml")
OVERRIDE = re.compile(r"(?P<sign>\+\+|\+|~)?(?P<key>[^=@/:]+)=(?P<value>.*)", re.DOTALL)
NAME = re.compile(r"[^\[\],\s][^\[\],]*")  # one of the names of a value or a list
SHORTEST = 2  # letters of the beginning of a word that is completed
STEPS = 3  # an override may be in such words in its group, in its key and in its value


class Like(NamedTuple):
    """Words for what dlx does not have.

    Attributes:
        group: the group in which they are typed.
        words: the words, folded.
        say: what is nearest to it.
    """

    group: str
    words: frozenset[str]
    say: str


def folded(word: str) -> str:
    """Return a word as it is compared: in lower case, without spaces, hyphens and underscores."""
    return "".join(c for c in unicodedata.normalize("NFKC", word).casefold() if c.isalnum())


@cache
def table() -> Mapping[str, Sequence[str]]:
    """Return the words for each meaning: a group, `group=option`, or a key with its full name."""
    return {meant: list(map(str, words)) for meant, words in read_mapping(TABLE)["same"].items()}


@cache
def likes() -> Sequence[Like]:
    """Return the words for what dlx does not have."""
    found: list[Any] = read_mapping(TABLE)["like"]
    return [Like(each["group"], frozenset(map(folded, map(str, each["words"]))), each["say"]) for each in found]


@cache
def _meanings() -> Mapping[str, Sequence[str]]:
    """Return the meanings of each folded word."""
    found: dict[str, list[str]] = {}
    for meant, words in table().items():
        for word in dict.fromkeys(map(folded, words)):
            found.setdefault(word, []).append(meant)
    return found


def meanings(word: str) -> list[str]:
    """Return what a word may mean: groups, `group=option` and full names of keys; [] if it is not in the table."""
    return list(_meanings().get(folded(word), []))


def beginning(start: str) -> list[str]:
    """Return what the words of the table mean that begin with a text of two letters at least, in their order there."""
    own = folded(start)
    if len(own) < SHORTEST:
        return []
    return [meant for meant, words in table().items() if any(folded(word).startswith(own) for word in words)]


def near(word: str) -> list[str]:
    """Return what the words of the table mean that contain a word, at most three, each as it may be typed."""
    found = [meant for meant, words in table().items() if any(folded(word) in folded(known) for known in words)]
    return [meant if "=" in meant else f"{meant}=..." for meant in found[:3]] if folded(word) else []


def understand(override: str) -> tuple[list[str], str]:
    """Return an override in the names of dlx, and a note such as `model=fcn is read as model=mlp`; "" if it was so.

    Overrides of Hydra's own keys, of parts of a network and of nested models are returned unchanged, and so is all that
    has neither a name of dlx nor a word of the table, which the checks after this one refuse.

    Raises:
        ConfigError: A word may mean several things, or is one for what dlx does not have.
    """
    found, more = override, []
    for _ in range(STEPS):
        match = OVERRIDE.fullmatch(found)
        if match is None or match["key"].startswith("hydra") or parts.is_part_key(match["key"]):
            break
        key = key_meant(match["key"])
        value, extra = (match["value"], []) if key not in catalog.groups() else values_meant(key, match["value"])
        more += extra
        former, found = found, f"{match['sign'] or ''}{key}={value}"
        if found == former:
            break
    typed = [found, *more]
    return typed, "" if typed == [override] else f"{override} is read as {' '.join(typed)}"


def key_meant(key: str) -> str:
    """Return the name that dlx has for a key or a group; the key itself if it is known, or if no word is like it.

    Raises:
        ConfigError: It may be several keys.
    """
    head, dot, rest = key.partition(".")
    groups = catalog.groups()
    if head not in groups and head not in parts.names() and head not in {known.path for known in catalog.run_keys()}:
        found = [m for m in meanings(head) if m in groups] if dot else [m for m in meanings(key) if "=" not in m]
        return _only(key, [f"{m}.{rest}" for m in found] if dot else found) or key
    if not dot or head not in groups:
        return key
    parent, _, name = key.rpartition(".")
    found = [meant for meant in meanings(name) if meant.rpartition(".")[0] == parent]
    return key if not found or key in paths_of(head) else _only(key, found)


def paths_of(group: str) -> frozenset[str]:
    """Return the keys of all options of a group."""
    options = [catalog.read(group, name) for name in catalog.option_files(group)] if group != "experiment" else []
    return frozenset(key.path for option in options for key in catalog.keys(option))


def values_meant(group: str, value: str) -> tuple[str, list[str]]:
    """Return the options that a value names, with the names of dlx, and the overrides that belong to them.

    Raises:
        ConfigError: A word may be several options, or is one for what dlx does not have.
    """
    more: list[str] = []

    def named(match: re.Match[str]) -> str:
        option, *others = option_meant(group, match[0].strip()).split()
        if others and match[0] != value:
            word = match[0].strip()
            raise ConfigError(f"{group}={word}: is {group}={option} {' '.join(others)}; sweep over the second key")
        more.extend(others)
        return option

    return (NAME.sub(named, value), more) if _names(value) else (value, more)


def _names(value: str) -> bool:
    """Return whether a value is a name or a list of names, without functions, quotes and interpolations."""
    return bool(value) and not re.search(r"""[(){}$:'"]""", value)


def option_meant(group: str, word: str) -> str:
    """Return the option that a word names in a group; the word itself if no word is like it.

    Raises:
        ConfigError: It may be several options, or it is a word for what dlx does not have.
    """
    options, own = catalog.option_files(group), folded(word)
    if word in options or not own or not re.match(r"\w", word):
        return word
    found = [option for option in options if folded(option) == own]
    found = found or [m.removeprefix(f"{group}=") for m in meanings(word) if m.startswith(f"{group}=")]
    if found:
        return _only(f"{group}={word}", [f"{group}={option}" for option in found]).removeprefix(f"{group}=")
    for like in likes():
        if like.group == group and own in like.words:
            raise ConfigError(f"{group}={word}: no such {group}; {like.say}")
    return word


def _only(typed: str, found: Sequence[str]) -> str:
    """Return the only meaning, or "" if there is none.

    Raises:
        ConfigError: There are several.
    """
    if len(found) > 1:
        raise ConfigError(f"{typed}: may mean {' or '.join(found)}; give the one that you mean")
    return found[0] if found else ""


def suggested(word: str) -> list[str]:
    """Return what a word that is no override may have been meant to be: `batchnorm` -> `normalization=batch`."""
    return [f"{m}=..." if "=" not in m else m for m in meanings(word)] or list(_like_options(word))


def _like_options(word: str) -> Iterator[str]:
    """Yield the options whose names a word is but for case and separators."""
    own = folded(word)
    for group in catalog.groups():
        yield from (f"{group}={name}" for name in catalog.option_files(group) if own and folded(name) == own)
