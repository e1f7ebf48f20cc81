"""Checks of overrides before composition, for mistakes that Hydra reports unclearly or not at all."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlx import paths
from dlx.config import catalog, parts
from dlx.config.aliases import ALIASES, bare_key
from dlx.config.words import near
from dlx.config.yaml_file import short
from dlx.errors import ConfigError, nearest, pasted

LONGEST, DEEPEST = 20_000, 30  # signs of an override, and brackets inside one another

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

# A value, or one of a list, with letters beyond ASCII; parentheses are those of Hydra's functions only without such.
FOREIGN = re.compile(r"""[^\[\]{},:\s"'][^\[\]{},:"']*[^\x00-\x7f][^\[\]{},:"']*|[^\x00-\x7f][^\[\]{},:"']*""")


def check(words: list[str]) -> None:
    """Check the overrides of a command.

    Raises:
        ConfigError: If an override has invalid syntax, names an unknown group or option, has an option of the wrong
            form, or gives a key twice.
    """
    seen: dict[str, str] = {}
    parsed = [parse(word) for word in words]
    foreign = any(override.key_or_group == "hydra.searchpath" for override in parsed)  # may have further options
    for word, override in zip(words, parsed, strict=True):
        key = override.key_or_group
        if key.split(".")[0].split("/")[0] == "hydra":
            if override.value() == "":
                raise ConfigError(f"{key}: expected a value, got nothing")
            continue
        place = f"{key}@{override.package}" if override.package else key
        if place in seen and not override.is_delete():
            raise ConfigError(f"{place}: is given twice, as {seen[place]} and {word}; give it once")
        seen[place] = word
        if not foreign:
            check_key(override, word)


def refuse_hydra(overrides: Iterable[Override]) -> None:
    """Refuse overrides of Hydra's own keys, which do not come from the command line but from axes, arms or stages.

    Raises:
        ConfigError: If there is one; the message names it.
    """
    for override in overrides:
        if is_hydra(override):
            raise ConfigError(
                f"{override.input_line}: only the command line may set a key of Hydra's own, not an axis or an arm"
            )


def is_hydra(override: Override) -> bool:
    """Return whether an override changes Hydra's own node: by its key or group, or by the place of an option."""
    places = (override.key_or_group, override.package or "")
    return any("hydra" in re.split(r"[./:@]", place) for place in places)


def quoted(word: str) -> str:
    """Return an override with double quotes around values of letters that Hydra's grammar has no place for (품종)."""
    key, equals, value = word.partition("=")
    if value.isascii():
        return word
    parts = re.split(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", value)  # what stands between quotes stays
    parts[::2] = [re.sub(FOREIGN, lambda found: f'"{found[0].strip()}"', part) for part in parts[::2]]
    return f"{key}{equals}{''.join(parts)}"


def parse(word: str) -> Override:
    """Parse one override with Hydra's grammar.

    Raises:
        ConfigError: If it is not a valid override.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    if len(word) > LONGEST:
        raise ConfigError(f"{short(word)}: expected an override of at most {LONGEST:,} signs, got {len(word):,}")
    if depth(word) > DEEPEST:
        raise ConfigError(f"{short(word)}: expected at most {DEEPEST} brackets inside one another")
    name, equals, _ = word.partition("=")
    if equals and not name.isascii():  # the words of the field have been read before
        nearest = f"; did you mean {' or '.join(near(name))}" if near(name) else ""
        raise ConfigError(f"{short(name)}: no such group or key{nearest}; dlx axes lists them")
    try:
        return OverridesParser.create().parse_override(word)
    except (RecursionError, ValueError, OverflowError, ZeroDivisionError) as error:  # a number of 5,000 digits
        raise ConfigError(f"{short(word)}: cannot be read as an override ({error})") from None
    except HydraException as error:
        reasons = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next((line for line in reasons if not line.startswith("Error parsing override")), reasons[0])
        reason = re.sub(r" expecting .*|^HydraException while evaluating '.*?': |See https.*", "", reason)
        key, equals, value = word.partition("=")
        inner = value[1:-1].split(",") if value[:1] == "[" and value[-1:] == "]" else value
        remedy = f": {pasted(key, inner)}" if equals and value and not set('"{') & set(value) else ""
        raise ConfigError(
            f"{word}: cannot be read as an override ({reason}); expected key=value, "
            f"with double quotes around a value of special characters{remedy}"
        ) from None


def depth(word: str) -> int:
    """Return how many brackets stand inside one another in a word."""
    open_ = most = 0
    for sign in word:
        open_ += (sign in "([{") - (sign in ")]}")
        most = max(most, open_)
    return most


def check_key(override: Override, word: str) -> None:
    """Check that the first segment of a key is a group or a key of a run, and that the chosen options exist.

    Args:
        override: parsed override.
        word: override as typed.

    Raises:
        ConfigError: If not; the message names the nearest group, key or option.
    """
    key = override.key_or_group
    head = key.split(".")[0].split("/")[0]
    groups = catalog.groups()
    known = [*groups, *(item.path for item in catalog.run_keys())]
    if not key:
        raise ConfigError(f"{word}: expected a key before the '='")
    if head not in known and parts.is_part_key(key):
        if head not in parts.names():
            hint = nearest(head, [*known, *parts.names()])
            raise ConfigError(f"{head}: no such group, key of a run or part of a model{hint}")
        if key.endswith(f".{parts.OPTION}"):
            check_choices(key.split(".")[1], override, parts.label(key))
    elif head not in known and head in parts.names():
        typed = key.partition(".")[2].partition(".")[0]
        raise ConfigError(f"{key}: a part has groups of its own{nearest(typed, parts.GROUPS)}")
    elif head not in known and not override.is_add() and not override.is_force_add():
        hint = bare_key(key) or nearest(head, [*known, *ALIASES], "dlx axes")
        raise ConfigError(f"{head}: no such group or key of a run{hint}")
    if override.is_delete() and key in known:
        hint = f"{key}=none takes it away" if "none" in catalog.option_files(key) else f"choose another with {key}=..."
        raise ConfigError(f"{word}: every run has this; {hint}")
    if key in groups and not override.is_delete():
        check_choices(key, override)


def check_choices(group: str, override: Override, path: str = "") -> None:
    """Check that an override chooses existing options of a group, and a list only for a list group.

    Args:
        group: name of the group.
        override: parsed override.
        path: key for error messages; "": the group.

    Raises:
        ConfigError: If not; the message names the nearest option.
    """
    if group == "experiment" and override.is_sweep_override():
        raise ConfigError("experiment: one study a command; two in one sweep would lose their axes")
    options, path = catalog.option_files(group), path or group
    takes_list = group in catalog.list_groups()
    for choice in chosen(override):
        if isinstance(choice, list) and not takes_list:
            raise ConfigError(f"{path}: expected one option, got a list; with -m {path}=a,b runs both")
        for name in choice if isinstance(choice, list) else [choice]:
            if name is None and group == "experiment":
                continue
            if not isinstance(name, str) or not name:
                typed = "null" if name is None else repr(name)
                raise ConfigError(f"{path}: expected an option, got {typed}{nearest('', options, f'dlx axes {group}')}")
            if name not in options:
                hint = own_data(name) if group == "dataset" else ""
                hint = hint or nearest(name, options, f"dlx axes {group}")
                raise ConfigError(f"{path}={name}: no such {group}{hint}")
            if name in options and not options[name].is_relative_to(paths.shipped("conf")):
                catalog.read(group, name)  # the user's own file may be broken


def own_data(name: str) -> str:
    """Return a hint for a file or a folder that was typed for a data set, or "" if there is none of that name."""
    path = Path(name)
    if path.is_dir():
        return f"; a folder of pictures is dataset=image_folder {pasted('dataset.path', name)}"
    if not path.is_file() and path.suffix not in (".csv", ".tsv"):
        return ""
    keys = f"dataset=csv {pasted('dataset.path', name)} dataset.target=COLUMN"
    return f"; a file is {keys}; dlx data describe {shlex.quote(name)} shows its columns and the whole command"


def chosen(override: Override) -> Iterator[Any]:
    """Yield the options that an override names, one by one for a sweep; a list of options is yielded as a list."""
    from hydra.core.override_parser.types import ChoiceSweep, QuotedString

    value = override.value()
    values: Iterable[Any] = value.list if isinstance(value, ChoiceSweep) else [value]
    if override.is_sweep_override() and not isinstance(value, ChoiceSweep):
        return  # Hydra expands globs and ranges

    def plain(item: Any) -> Any:
        if isinstance(item, list):
            return [plain(part) for part in item]
        return item.text if isinstance(item, QuotedString) else item

    yield from map(plain, values)
