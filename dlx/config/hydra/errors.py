"""Translation of Hydra's errors into messages that name the key, what was expected and the nearest valid choice."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from dlx.config import catalog
from dlx.config.aliases import LIGHTNING, option_named
from dlx.config.node import keys_of, target_of
from dlx.config.swept import paths_of
from dlx.errors import ConfigError, nearest

EXTRAS = {  # launchers by option: the extra of dlx that installs them, and what it installs
    "joblib": ("joblib", "hydra-joblib-launcher>=1.2"),
    "submitit_local": ("slurm", "hydra-submitit-launcher>=1.2"),
    "submitit_slurm": ("slurm", "hydra-submitit-launcher>=1.2"),
    "ray": ("ray", "ray>=2.40"),
}
_HYDRA = "{}: no such key of Hydra's own configuration (dlx train --cfg hydra shows it)"


def explain(error: Exception, words: list[str]) -> ConfigError:
    """Return the error to show for an exception that was raised during composition.

    Args:
        error: exception raised by Hydra or OmegaConf.
        words: overrides of the command.
    """
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConfigError):
            return cause
        chain.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    text = "\n".join(chain)
    for rule in (_unknown_option, _ambiguous, _unknown_key, _unknown_group, _interpolation, _missing):
        message = rule(text, words)
        if message:
            return ConfigError(message)
    if type(error).__module__.startswith("yaml"):
        return ConfigError(f"a configuration file cannot be read as YAML: {' '.join(chain[0].split())}")
    return ConfigError(" ".join(chain[0].strip().splitlines()[0].split()))


SEARCH = (
    "dlx searches with its own sweeper; leave this out and draw values from a range: dlx train -m "
    "optimizer.lr='tag(log,interval(1e-4,1e-1))' --samples 20 (several ranges are drawn together)"
)


def _unknown_option(text: str, words: list[str]) -> str | None:
    match = re.search(r"Could not (?:find|load) '/?([\w/]+)/([^'/]+)'", text)
    if match is None:
        return None
    group, option = match.groups()
    if group == "hydra/launcher" and option in EXTRAS:
        return missing_launcher(option)
    if group == "hydra/sweeper":
        return f"{group}={option}: {SEARCH}"
    if group.startswith("hydra"):
        there = re.search(r"Available options in '[^']+':\n((?:\t\S+\n)*)", text)
        return f"{group}={option}: no such part of Hydra{nearest(option, there.group(1).split() if there else [])}"
    where = re.search(r"In '([\w/]+)'", text)
    place = f"{catalog.file_of(where.group(1))}: " if where and where.group(1) != "train" else ""
    return (
        f"{place}{group}={option}: no such {group}{nearest(option, catalog.option_files(group), f'dlx axes {group}')}"
    )


def missing_launcher(option: str) -> str:
    """Return the message for a launcher whose package is not installed, with the command that installs it."""
    extra, package = EXTRAS[option]
    return (
        f"hydra/launcher={option}: needs {package}, which the extra dlx[{extra}] installs: "
        f'{shlex.quote(sys.executable)} -m pip install "{package}"'
    )


def _ambiguous(text: str, words: list[str]) -> str | None:
    match = re.search(r"Ambiguous value for argument '([^=']+)=(.*?)'\n", text)
    if match is None:
        return None
    key, value = match.groups()
    return f"{key}={value}: several values are a sweep: add -m (one value that is a list stands in brackets)"


def _unknown_key(text: str, words: list[str]) -> str | None:
    match = re.search(r"Key '([^']+)' is not in struct\s+full_key: (\S+)", text)
    if match is None:
        return None
    full = match.group(2)
    if full.startswith("hydra."):
        return _HYDRA.format(full)
    parent = full.rpartition(".")[0]
    node = _node(parent, words, full)
    return unknown_key(full, node)


def unknown_key(full: str, node: Any) -> str:
    """Return the message for a key that does not exist, with the nearest key of its node or the options that have it.

    Args:
        full: full path of the key.
        node: node in which the key was looked up, or its value if it is not a node.
    """
    group, _, rest = full.partition(".")
    parent, _, name = full.rpartition(".")
    if group == "trainer" and rest in LIGHTNING:
        return f"{full}: a flag of Lightning's Trainer that dlx gives in another way: {LIGHTNING[rest]}"
    if group in catalog.list_groups() and rest in catalog.option_files(group):
        return f"{full}: is not chosen; add {group}={rest}"
    if not isinstance(node, Mapping):
        return f"{full}: {parent} is a value and has no keys" if "." in full else f"{full}: no such key"
    owner = (target_of(node) or parent or "a run").rsplit(".", 1)[-1]
    hint = nearest(name, map(str, keys_of(node)))
    having = [option for option in catalog.option_files(group) if full in paths_of(group, option)]
    if group in catalog.list_groups():  # each member has keys of its own
        below = [path for option in catalog.option_files(group) for path in sorted(paths_of(group, option))]
        meant = [path for path in below if path.count(".") == 2 and path.endswith(f".{name}") and path != full]
        hint = f"; did you mean {' or '.join(dict.fromkeys(meant))}?" if meant and "." not in rest else hint
    if having and "did you mean" not in hint:
        hint = f"; it is a key of {', '.join(f'{group}={option}' for option in having[:4])}"
    if "did you mean" not in hint and not having:
        hint = option_named(name, catalog.groups()) or hint
    return f"{full}: no such key of {owner}{hint}"


def _node(parent: str, words: list[str], full: str) -> Any:
    """Compose the configuration without the faulty override and return the node in which its key was looked up."""
    from hydra import compose
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import DictConfig, OmegaConf

    from dlx.config.hydra.loader import started

    kept = [
        word
        for word in words
        if not re.match(rf"^(\+\+|\+|~|\w+@)?{re.escape(full)}(\b|\.)", word)
        and "," not in word
        and "hydra" not in word
    ]
    GlobalHydra.instance().clear()
    try:
        with started():
            config = compose("train", overrides=kept)
        node = OmegaConf.select(config, parent) if parent else config
    except Exception:  # another override is faulty too; it is reported once this one is fixed
        return None
    return OmegaConf.to_container(node) if isinstance(node, DictConfig) else node


def _unknown_group(text: str, words: list[str]) -> str | None:
    match = re.search(r"Could not (?:override|delete)(?: from config\.)? '([^']+)'", text)
    if match is None:
        return None
    full = match.group(1)
    if full.startswith("hydra."):
        return _HYDRA.format(full)
    if re.fullmatch(r"\w+@\w+\.\w+", full):  # a nested option: model@model.discriminator
        full = full.partition("@")[2]
    if "." in full and "/" not in full:
        return unknown_key(full, _node(full.rpartition(".")[0], words, full))
    key = full.split("@")[0]
    return f"{full}: no such key or group{nearest(key, catalog.groups(), 'dlx axes')}"


def _interpolation(text: str, words: list[str]) -> str | None:
    match = re.search(r"(?s)(interpolation.*?)\n\s+full_key: (\S+)", text, re.I)
    if match is None:
        return None
    reason = " ".join(text.strip().splitlines()[0].split())
    return f"{match.group(2)}: its value refers to something that is not there ({reason})"


def _missing(text: str, words: list[str]) -> str | None:
    match = re.search(r"Missing mandatory value: (\S+)", text)
    return f"{match.group(1)}: needs a value; give it as {match.group(1)}=..." if match else None
