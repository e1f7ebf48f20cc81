"""Short names of groups on the command line (`optim=adam` is `optimizer=adam`), and hints for mistyped keys."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dlx.config import catalog
from dlx.config.parts import is_part_key, written
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
# Flags of Lightning's Trainer that dlx has under another name, or does without.
CHECKPOINTS = "callbacks=model_checkpoint; a run keeps its best and last weights in any case"
EVERY_EPOCH = "dlx validates after each epoch"
OWN_FOLDER = "a run has a folder of its own; hydra.run.dir=runs/mine sets it"
LIGHTNING = {
    "gradient_clip_val": "regularizer=gradient_clipping regularizer.gradient_clipping.max_norm=1.0",
    "gradient_clip_algorithm": "regularizer=gradient_clipping, which clips the norm",
    "accumulate_grad_batches": "trainer.accumulate=2",
    "callbacks": "the group callbacks, e.g. callbacks=early_stopping",
    "logger": "the group logger, e.g. logger=csv",
    "min_epochs": "leave out what ends the training early, or give it more patience",
    "check_val_every_n_epoch": EVERY_EPOCH,
    "val_check_interval": EVERY_EPOCH,
    "num_sanity_val_steps": "trainer.fast_dev_run=true runs training, validation and test in one batch each",
    "log_every_n_steps": "metrics are recorded after each epoch",
    "enable_checkpointing": CHECKPOINTS,
    "enable_progress_bar": "dlx shows its bar in a terminal only; callbacks=rich_progress_bar shows Lightning's",
    "default_root_dir": OWN_FOLDER,
    "deterministic": "a run has the same numbers for the same seed in any case",
    "num_nodes": "one machine trains a run; hydra/launcher=submitit_slurm spreads a sweep over several",
    "limit_predict_batches": "dlx evaluate RUN evaluates a split",
}
MOST_KEYS = 4  # largest number of keys that a hint names


def full_name(override: str) -> str:
    """Return an override with the alias in the first segment of its key replaced by the full name of the group.

    Overrides of parts of a network and of nested models are returned as Hydra takes them (dlx/config/parts.py). All
    forms of Hydra's grammar are handled (`optim=adam`, `optim.lr=1`, `+optim=adam`, `~optim`, `++optim.lr=1`,
    `optim@place=adam`, `/optim@a:b=…`); the prefix and everything after the group are kept.
    """
    match = re.match(r"^(\+\+|\+|~)?(/)?([A-Za-z_]+)(?=$|[=.@:/])", override)
    if match is None or match.group(3) not in ALIASES:
        return written(re.sub(rf"^(\w+\.)({'|'.join(ALIASES)})(?=[=.])", _in_full, override))
    return written(f"{match.group(1) or ''}{match.group(2) or ''}{ALIASES[match.group(3)]}{override[match.end() :]}")


def _in_full(match: re.Match[str]) -> str:
    """Return `discriminator.optimizer` for `discriminator.optim`; a match that is no key of a part is left as it is."""
    full = f"{match[1]}{ALIASES[match[2]]}"
    return full if is_part_key(full) else match[0]


def meant(word: str) -> str:
    """Return a hint for a word that is not an override: the option or the group of that name."""
    group = full_name(word)
    if group in catalog.groups():
        return f"; did you mean {group}=...?{nearest('', catalog.option_files(group), f'dlx axes {group}')[1:]}"
    return option_named(word, catalog.groups())


def option_named(word: str, groups: Iterable[str]) -> str:
    """Return a hint that names the options called `word`, e.g. `; did you mean model=lstm?`, or "" if there is none."""
    having = [f"{group}={word}" for group in groups if word in catalog.option_files(group)]
    return f"; did you mean {' or '.join(having[:3])}?" if having else ""


def bare_key(word: str) -> str:
    """Return a hint for a key that was typed without its group (`lr` for `optimizer.lr`), or "" if there is none."""
    if "." in word:
        return ""
    groups = [group for group in catalog.groups() if group != "experiment"]
    found = dict.fromkeys(
        key.path
        for group in groups
        for name in catalog.option_files(group)
        for key in catalog.keys(catalog.read(group, name))
        if key.path.rpartition(".")[2] == word
    )
    found = {path: None for path in found if path.count(".") == 1} or found  # those of nested models follow
    if len(found) > MOST_KEYS:
        return f"; it is a key of several options, such as {' or '.join(list(found)[:MOST_KEYS])}"
    return f"; did you mean {' or '.join(found)}?" if found else option_named(word, groups)
