"""Hydra's errors in our words: the key as typed, what was expected, and the nearest valid choice."""

from __future__ import annotations

import re

from dlx import paths
from dlx.errors import ConfigError, nearest


def explain(error: Exception, words: list[str]) -> ConfigError:
    """Return the message for an error of composition."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConfigError):
            return cause
        chain.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    text = "\n".join(chain)
    for rule in (_unknown_option, _unknown_key, _unknown_group, _bad_grammar, _missing):
        message = rule(text, words)
        if message:
            return ConfigError(message)
    return ConfigError(chain[0].strip().splitlines()[0])


def options(group: str) -> list[str]:
    """Return the options of a group, the user's own included."""
    if group == "experiment":
        return sorted(file.stem for root in paths.roots("experiments") for file in root.glob("*.yaml"))
    files = [file for root in paths.roots("conf") for file in (root / group).glob("*.yaml")]
    return sorted(file.stem for file in files if not file.stem.startswith("_"))


def groups() -> list[str]:
    """Return all groups."""
    return sorted({"experiment"} | {p.name for root in paths.roots("conf") for p in root.iterdir() if p.is_dir()})


def _unknown_option(text: str, words: list[str]) -> str | None:
    match = re.search(r"Could not find '(?:/)?([\w/]+)/([^'/]+)'", text)
    if match is None:
        return None
    group, option = match.group(1), match.group(2)
    return f"{group}={option}: no such {group}{nearest(option, options(group))}"


def _unknown_key(text: str, words: list[str]) -> str | None:
    match = re.search(r"Key '([^']+)' is not in struct\s+full_key: (\S+)", text)
    if match is None:
        return None
    full = match.group(2)
    parent = full.rpartition(".")[0]
    node = _node(parent, words, full)
    if node is None:
        return f"{full}: no such key{nearest(full, groups())}"
    owner = str(node.get("_target_", "")).rsplit(".", 1)[-1] or (parent or "a run")
    keys = [str(key) for key in node if key != "_target_"]
    return f"{full}: no such key of {owner}{nearest(match.group(1), keys)}"


def _node(parent: str, words: list[str], full: str) -> dict | None:
    """Compose the configuration without the faulty override, and return the node that its key was looked for in."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import DictConfig, OmegaConf

    kept = [
        word
        for word in words
        if "=" in word
        and not word.startswith("-")
        and not re.match(rf"^(\+\+|\+|~)?{re.escape(full)}(\b|\.)", word)
        and "," not in word
        and not word.startswith("hydra")
    ]
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
            config = compose("train", overrides=kept)
    except Exception:
        return None
    node = OmegaConf.select(config, parent) if parent else config
    return dict(node) if isinstance(node, DictConfig) else None


def _unknown_group(text: str, words: list[str]) -> str | None:
    match = re.search(r"Could not override '([^']+)'", text)
    if match is None:
        return None
    key = match.group(1).split(".")[0].split("@")[0]
    return f"{match.group(1)}: no such key or group{nearest(key, groups())}"


def _bad_grammar(text: str, words: list[str]) -> str | None:
    match = re.search(r"Error parsing override '(.*?)'\n(.*)", text)
    if match is None:
        return None
    return (
        f"{match.group(1)}: cannot be read as an override ({match.group(2).strip()}); expected key=value, "
        "with quotes around special characters"
    )


def _missing(text: str, words: list[str]) -> str | None:
    match = re.search(r"Missing mandatory value: (\S+)", text)
    return f"{match.group(1)}: needs a value; give it as {match.group(1)}=..." if match else None
