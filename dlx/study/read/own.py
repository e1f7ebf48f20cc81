"""The study that a typed claim makes, as the node `study` of a file and as the file itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dlx.config.yaml_file import parsed
from dlx.study.read.study import OWN
from dlx.study.read.typed import Comparison, Typed
from dlx.study.read.typed_side import Arm, words
from dlx.sweep.cells import read, write

TRUTHS = {"less": "is lower than", "greater": "is higher than", "equal": "is the same as"}
WHY = "A claim as it was typed; write here what explains it, and add a control: a place where the effect must vanish."


def node_of(typed: Typed, seeds: Sequence[int], fixed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the node `study` of a claim.

    Args:
        typed: the claim.
        seeds: its seeds.
        fixed: the overrides that all runs share, for the title.
    """
    names = arm_names(typed.arms)
    counted = list(seeds) == list(range(len(seeds)))
    return {
        "title": " ".join([typed.text, *fixed]),
        "question": f"Is it so that {'; '.join(said(one, typed.arms) for one in typed.comparisons)}?",
        "chapter": OWN,
        "why": WHY,
        "seeds": len(seeds) if counted else list(seeds),
        "arms": {names[arm]: list(arm.overrides) for arm in typed.arms},
        **({"axes": {key: [level_of(level) for level in own] for key, own in typed.at.items()}} if typed.at else {}),
        "claims": [claim_of(one, typed, names) for one in typed.comparisons],
    }


def claim_of(one: Comparison, typed: Typed, names: Mapping[Arm, str]) -> dict[str, Any]:
    """Return one comparison as an entry of `study.claims`."""
    size = "factor" if one.ratio else ("within" if one.expect == "equal" else "margin")
    return {
        "metric": one.metric,
        "arm": names[one.left],
        "than": one.right.number if one.right.number is not None else names[one.right],
        "expect": one.expect,
        size: int(one.size) if one.size == int(one.size) else one.size,
        **({"each": list(typed.at)} if typed.at else {}),
        "say": said(one, typed.arms),
    }


def said(one: Comparison, arms: Sequence[Arm]) -> str:
    """Return a comparison in words: `test/loss of regularizer=dropout is lower than that of regularizer=none`."""
    shown = differing(arms)
    left, right = words(one.left, shown.__contains__), words(one.right, shown.__contains__)
    other = right if one.right.number is not None else f"that of {right}"
    verb = TRUTHS[one.expect]
    if one.expect == "equal":
        size = f", within {'a factor ' if one.ratio else ''}{one.size:g}"
        return f"{one.metric} of {left} {verb} {other}{size}"
    if one.ratio:
        return f"{one.metric} of {left} {verb} {one.size:g} times {other}"
    return f"{one.metric} of {left} {verb} {other}" + (f" by more than {one.size:g}" if one.size else "")


def differing(arms: Sequence[Arm]) -> set[str]:
    """Return the overrides that not all arms have."""
    return {override for arm in arms for override in arm.overrides if not all(override in a.overrides for a in arms)}


def arm_names(arms: Sequence[Arm]) -> dict[Arm, str]:
    """Return a name for each arm: the values in which it differs, such as `dropout` or `sgd-lr_0.1`."""
    shown = differing(arms)
    found: dict[Arm, str] = {}
    for arm in arms:
        name = "-".join(name_of(override) for override in arm.overrides if override in shown) or "plain"
        while name in found.values():
            name += "_"
        found[arm] = name
    return found


def name_of(override: str) -> str:
    """Return the value of an override as a name; a number or a truth value is preceded by its key."""
    key, _, value = override.partition("=")
    value = re.sub(r"[^\w.+-]+", "_", value).strip("_")
    plain = isinstance(read(value), str) and re.match(r"[^\W\d]", value)
    return value if plain else f"{re.split(r'[./@]', key)[-1]}_{value}"


def level_of(text: str) -> Any:
    """Return the value of a level as it stands in a file: a number, a text or a list."""
    return parsed(text, Path("at")) if text.startswith("[") else read(text)


def override_of(node: Mapping[str, Any]) -> str:
    """Return the override that gives a sweep the arms, axes and seeds of a study."""
    parts = [f"arms:{{{','.join(f'{name}:[{texts(own)}]' for name, own in node['arms'].items())}}}"]
    if axes := node.get("axes"):
        parts.append(f"axes:{{{','.join(f'{key}:[{texts(own)}]' for key, own in axes.items())}}}")
    seeds = node["seeds"]
    parts.append(f"seeds:{seeds if isinstance(seeds, int) else '[' + ','.join(map(str, seeds)) + ']'}")
    return f"study={{{','.join(parts)}}}"


def texts(values: Sequence[Any]) -> str:
    """Return values in Hydra's grammar, texts in quotes."""
    return ",".join(quoted(value) if isinstance(value, str) else write(value) for value in values)


def quoted(text: str) -> str:
    """Return a text in the quotes of Hydra's grammar."""
    return "'" + re.sub(r"(\\*)'", r"\1\1\\'", text) + "'"


def file_of(node: Mapping[str, Any], fixed: Sequence[str]) -> str:
    """Return the file of a study: what `experiments/NAME.yaml` holds.

    Args:
        node: its node `study`.
        fixed: the overrides that all runs share, which stand under `hydra.sweeper.params`.
    """
    hydra: dict[str, Any] = {"mode": "MULTIRUN"}
    if fixed:
        hydra["sweeper"] = {"params": {key: value for key, _, value in (word.partition("=") for word in fixed)}}
    body = yaml.safe_dump(
        {"study": dict(node), "hydra": hydra}, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )
    return f"# @package _global_\n# {node['title']}\n{body}"
