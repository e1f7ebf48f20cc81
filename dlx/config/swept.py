"""Keys that only some of the options have which a sweep goes through: `optimizer=sgd,adam optimizer.momentum=0.9`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from dlx.config import catalog
from dlx.errors import ConfigError

Options = tuple[str, ...]  # one option of a group, or several of a list (`regularizer=[l2,dropout]`)


def key_of(override: str) -> str:
    """Return the key of an override, without a `+` that adds it."""
    return override.partition("=")[0].lstrip("+")


def group_of(override: str) -> str:
    """Return the group whose option has the key of an override."""
    return key_of(override).partition(".")[0]


def options_in(overrides: Iterable[str], groups: Container[str]) -> dict[str, Options]:
    """Return the options of each group that overrides choose."""
    found = {}
    for override in overrides:
        group, _, value = override.partition("=")
        if group in groups:
            found[group] = tuple(word.strip() for word in value.strip("[]").split(","))
    return found


def options_of(runs: Iterable[Mapping[str, Options]]) -> dict[str, list[Options]]:
    """Return the distinct options of each group that several runs choose, in order."""
    found: dict[str, dict[Options, None]] = {}
    for chosen in runs:
        for group, options in chosen.items():
            found.setdefault(group, {})[options] = None
    return {group: list(options) for group, options in found.items()}


def foreign(override: str, options: Options, swept: Iterable[Options]) -> bool:
    """Return whether an override sets a key that the options of a run lack and those of another run have.

    Args:
        override: the override.
        options: the options that one run chooses of the group of the key.
        swept: the options that the runs of the sweep choose of this group.
    """
    key, group = key_of(override), group_of(override)
    return "." in key and not has(group, options, key) and any(has(group, other, key) for other in swept)


def has(group: str, options: Options, key: str) -> bool:
    """Return whether one of several options of a group has a key, or keys below it."""
    paths = {path for option in options if option in catalog.option_files(group) for path in paths_of(group, option)}
    return any(key == path or key.startswith(f"{path}.") or path.startswith(f"{key}.") for path in paths)


def paths_of(group: str, option: str) -> set[str]:
    """Return the paths of the keys of an option, or an empty set if its file cannot be read."""
    try:
        return {key.path for key in catalog.keys(catalog.read(group, option))}
    except ConfigError:
        return set()


def said(key: str, lacking: Sequence[Options]) -> str:
    """Return the sentence that names the options which run without a key."""
    group = group_of(key)
    names = [f"{group}=[{','.join(options)}]" if len(options) > 1 else f"{group}={options[0]}" for options in lacking]
    return f"{key}: {' and '.join(names)} {'have' if len(names) > 1 else 'has'} no such key and ran without it"
