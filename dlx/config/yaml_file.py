"""Reading of YAML files within limits, so that no file can hang the program, exhaust its memory or be misread.

Files that ship with dlx and those of the user are read in the same way: as the values that OmegaConf would give
(`1e-3` is a number, `2024-01-01` is text), without any object of Python.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import yaml

from dlx.errors import ConfigError

LARGEST = 1_000_000  # bytes of a file
DEEPEST = 50  # lists and mappings inside one another
MOST = 100_000  # values, those that an alias repeats included
HIGHEST = 10**300  # a whole number that is also a float
KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
BASE: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # the C loader is ten times faster
FLOAT = re.compile(  # that of OmegaConf
    r"""^(?:[-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
        |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
        |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
        |[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
        |[-+]?\.(?:inf|Inf|INF)
        |\.(?:nan|NaN|NAN))$""",
    re.VERBOSE,
)
TAG = "tag:yaml.org,2002:"


class Loader(BASE):  # type: ignore[misc]
    """The loader of YAML with the numbers of OmegaConf, which refuses a key that stands twice in a mapping."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        sign: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
        for sign, rules in BASE.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node.

        Raises:
            ConstructorError: A key stands twice, or cannot be the key of a mapping.
        """
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != f"{TAG}merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
                seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found

    def construct_yaml_int(self, node: Any) -> int:
        """Return the whole number of a node.

        Raises:
            ConstructorError: It has more than 300 digits.
        """
        found: int = super().construct_yaml_int(node)
        if abs(found) >= HIGHEST:
            raise yaml.constructor.ConstructorError(None, None, "a number of more than 300 digits", node.start_mark)
        return found


Loader.add_constructor(f"{TAG}int", Loader.construct_yaml_int)
Loader.add_implicit_resolver(f"{TAG}float", FLOAT, list("-+0123456789."))


def read_yaml(file: Path) -> Any:
    """Return the content of a YAML file as plain containers, or None if the file is empty.

    Raises:
        ConfigError: The file cannot be read, is not valid YAML, or exceeds a limit; the message names it.
    """
    return parsed(read_text(file), file)


def read_mapping(file: Path) -> dict[str, Any]:
    """Return the keys and values of a YAML file, none if the file is empty.

    Raises:
        ConfigError: The file cannot be read, or holds something else than keys with values.
    """
    return mapping_of(read_yaml(file), file)


def mapping_of(found: Any, file: Path) -> dict[str, Any]:
    """Return the content of a file, which must be keys and values, or nothing.

    Raises:
        ConfigError: It is something else, or a key is no word; the message names the file.
    """
    if not isinstance(found, dict | None):
        raise ConfigError(f"{file}: expected keys and values, got {short(found)}")
    for key in found or {}:
        if not isinstance(key, str):
            raise ConfigError(f"{file}: expected words as keys, got {short(key)}")
    return found or {}


def defaults_of(content: dict[str, Any], file: Path) -> list[str | dict[str, Any]]:
    """Return the defaults list of a file: names of files beside it, and options by group.

    Raises:
        ConfigError: The list has another form; the message names the file.
    """
    entries = content.get("defaults", [])
    where = f"{file}: defaults"
    if not isinstance(entries, list):
        raise ConfigError(f"{where}: expected a list such as [_self_, override /model: mlp], got {short(entries)}")
    for entry in entries:
        if not isinstance(entry, str) and not (isinstance(entry, dict) and len(entry) == 1):
            raise ConfigError(f"{where}: expected the name of a file or group: option, got {short(entry)}")
        for group, option in entry.items() if isinstance(entry, dict) else ():
            listed = option if isinstance(option, list) else [option]
            if not isinstance(group, str) or not all(isinstance(name, str | None) for name in listed):
                raise ConfigError(f"{where}: expected group: option or group: [options], got {short(entry)}")
    return entries


def read_text(file: Path) -> str:
    """Return the text of a file of the configuration.

    Raises:
        ConfigError: It is not a file, cannot be read, is larger than `LARGEST`, or is not encoded in UTF-8.
    """
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode):
            kind = KINDS.get(stat.S_IFMT(state.st_mode), "special file")
            raise ConfigError(f"{file}: expected a file of YAML, got a {kind}")
        if state.st_size > LARGEST:
            raise ConfigError(f"{file}: expected at most {LARGEST:,} bytes of YAML, got {state.st_size:,}")
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror or error})") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{file}: expected text in UTF-8, but line {line} holds the byte {content[error.start]:#x}; "
            "save the file as UTF-8"
        ) from None


def parsed(text: str, file: Path) -> Any:
    """Return the content of the text of a YAML file as plain containers.

    Raises:
        ConfigError: The text is not valid YAML, or exceeds a limit; the message names the file.
    """
    try:
        measure(text, file)
        return yaml.load(text, Loader)  # noqa: S506  (a subclass of the safe loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: cannot be read as YAML: {told(error, text)}") from None
    except (LookupError, ValueError, TypeError, AttributeError) as error:  # `!!int abc`, a number of 5,000 digits
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(f"{file}: cannot be read as YAML: {' '.join(reason.split())}") from None


def measure(text: str, file: Path) -> None:
    """Check the depth of a text, and how many values it holds if each alias is replaced by what it stands for.

    Raises:
        ConfigError: It is deeper than `DEEPEST`, or holds more than `MOST` values, or an alias refers to itself.
        YAMLError: It is not valid YAML.
    """
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = [(None, 0)]  # anchor and number of values of each open list or mapping
    for event in yaml.parse(text, Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, 1))
            if len(open_) > DEEPEST + 1:
                line = event.start_mark.line + 1
                raise ConfigError(f"{file}: expected at most {DEEPEST} levels of lists and keys; line {line} has more")
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
        elif isinstance(event, yaml.AliasEvent):
            anchor, size = None, sizes.get(event.anchor, 0)
            if not size and any(event.anchor == name for name, _ in open_):
                raise ConfigError(f"{file}: *{event.anchor} in line {event.start_mark.line + 1} refers to itself")
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 1
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        open_[-1] = (open_[-1][0], open_[-1][1] + size)
        if open_[-1][1] > MOST:
            raise ConfigError(f"{file}: expected at most {MOST:,} values; its aliases (*name) repeat more")


def told(error: yaml.YAMLError, text: str) -> str:
    """Return what is wrong with a text, in one line with its place."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    mark = error.problem_mark or error.context_mark
    what = ", ".join(part for part in (error.context, error.problem) if part)
    if mark is None:
        return what
    lines = text.splitlines()
    tab = mark.line < len(lines) and "\t" in lines[mark.line]
    hint = "; YAML is indented with spaces, not with tabs" if tab else ""
    return f"{what} (line {mark.line + 1}, column {mark.column + 1}){hint}"


def short(value: Any, most: int = 60) -> str:
    """Return a value as text for a message, cut if it is long."""
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
