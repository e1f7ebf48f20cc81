"""Short names of groups on the command line: `optim=adam` is `optimizer=adam`."""

from __future__ import annotations

import re

from dlx.config import catalog
from dlx.errors import nearest

ALIASES = {
    "optim": "optimizer",
    "init": "initializer",
    "reg": "regularizer",
    "act": "activation",
    "norm": "normalization",
    "data": "dataset",
    "exp": "experiment",
}


def full_name(override: str) -> str:
    """Replace an alias in the first segment of an override's key, in every form that Hydra has.

    `optim=adam`, `optim.lr=1`, `+optim=adam`, `~optim`, `++optim.lr=1`, `optim@place=adam`, `override`-style packages
    (`/optim@a:b=…`) keep their prefix and their rest.
    """
    match = re.match(r"^(\+\+|\+|~)?(/)?([A-Za-z_]+)(?=$|[=.@:/])", override)
    if match is None or match.group(3) not in ALIASES:
        return override
    return f"{match.group(1) or ''}{match.group(2) or ''}{ALIASES[match.group(3)]}{override[match.end() :]}"


def meant(word: str) -> str:
    """Return a hint for a word that is no override: the option or the group of that name."""
    group = full_name(word)
    if group in catalog.groups():
        return f"; did you mean {group}=...?{nearest('', catalog.option_files(group))[1:]}"
    having = [f"{group}={word}" for group in catalog.groups() if word in catalog.option_files(group)]
    return f"; did you mean {' or '.join(having[:3])}?" if having else ""
