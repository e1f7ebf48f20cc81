"""The identity of a run: a hash of its canonical configuration, which contains all that its results depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dlx.config.node import AUTO, TARGET, is_node, make_node, target_of
from dlx.config.revision import FIRST, marks
from dlx.config.schema import neutral_values, unused_keys
from dlx.config.source import source_identity

LEFT_OUT = ("study", "hydra", "diagnostics", "experiment", "paths")
TRAINER_LEFT_OUT = ("threads", "accelerator", "devices", "strategy")
DATASET_LEFT_OUT = ("memory",)  # where examples are kept changes no number
WITH_NEUTRAL = ("dataset", "model", "objective")  # groups in which a key with a default in Python is neutral at it
NO_AUGMENTATION = "dlx.augmentation.none.NoAugmentation"  # recorded in place of an empty list
TRAINER = "dlx.config.settings.TrainerSettings"
TENSORBOARD = {"tensorboard": make_node("dlx.logger.tensorboard.TensorBoard", {})}
WITHOUT: dict[str, Any] = {"callbacks": {}, "logger": TENSORBOARD}  # groups that are left out at these values
NEUTRAL = {"dataset": {"design": "random"}}  # keys that have no effect at these values


def canonical(config: Mapping[str, Any], revision: int = FIRST) -> dict[str, Any]:
    """Return the part of a configuration that the results of a run depend on.

    The study, diagnostics, threads and devices, keys at a neutral value, and keys that the optimizer does not use are
    left out. Initial weights from another run are represented by their content, not by their path.

    Args:
        config: the configuration as plain containers.
        revision: the revision of the model, see `dlx.config.revision.revision_of`; it is recorded from 2 on.
    """
    kept = {key: value for key, value in config.items() if key not in LEFT_OUT}
    neutral = neutral_values(TRAINER)
    kept["trainer"] = {
        key: value
        for key, value in config["trainer"].items()
        if key not in TRAINER_LEFT_OUT and (key not in neutral or neutral[key] != value)
    }
    kept = {key: value for key, value in kept.items() if key not in WITHOUT or WITHOUT[key] != value}
    kept |= {group: without_neutral(kept[group]) for group in WITH_NEUTRAL if isinstance(kept.get(group), Mapping)}
    for group, neutral in NEUTRAL.items():
        kept[group] = {key: value for key, value in kept[group].items() if neutral.get(key, ...) != value}
    kept["dataset"] = {key: value for key, value in kept["dataset"].items() if key not in DATASET_LEFT_OUT}
    kept["dataset"] |= marks(target_of(config["dataset"]), config["dataset"])
    unused = unused_keys(target_of(config["optimizer"]))
    kept["optimizer"] = {key: value for key, value in config["optimizer"].items() if key not in unused}
    kept["streams"] = {key: value for key, value in config.get("streams", {}).items() if value is not None}
    kept["metrics"] = {key: value for key, value in config.get("metrics", {}).items() if value is not None}
    if isinstance(config.get("model"), Mapping):
        kept["model"] = canonical_model(kept["model"]) | ({"revision": revision} if revision > FIRST else {})
    if isinstance(config.get("augmentation"), Mapping):
        kept["augmentation"] = canonical_augmentation(config["augmentation"])
    if isinstance(config.get("transfer"), Mapping):
        kept |= canonical_transfer(kept.pop("transfer"))
    kept["regularizer"] = {name: node for name, node in config.get("regularizer", {}).items() if not is_neutral(node)}
    return kept


def without_neutral(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node, and the nodes in it, without the keys at the default that their class gives them.

    A key that an option of dlx gained later has such a default, at which runs are what they were before.
    """
    target = target_of(node)
    neutral = neutral_values(target) if target.startswith("dlx.") else {}
    if target == AUTO:  # a key that is not set is none of the objective that it stands for
        neutral = dict.fromkeys(node)
    kept = {key: value for key, value in node.items() if key not in neutral or neutral[key] != value}
    return {key: without_neutral(value) if isinstance(value, Mapping) else value for key, value in kept.items()}


def canonical_model(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a model's node that the results depend on, with `init_from` replaced by its identity."""
    kept = dict(node)
    if node.get("init_from") is not None:
        kept["init_from"] = source_identity(str(node["init_from"]))
    if node.get("frozen"):  # earlier versions did not keep frozen parts in evaluation mode, so their runs differ
        kept["frozen_mode"] = "evaluation"
    return kept


def canonical_transfer(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node of the transfer with `source` replaced by its identity, or nothing if nothing is transferred."""
    if node.get("source") is None:
        return {}
    return {"transfer": {**node, "source": source_identity(str(node["source"]))}}


def canonical_augmentation(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the list of augmentations that the results depend on.

    None and a single one have the form that they had before several could be chosen. Several are kept under their
    names, with their order as the name of the whole (`rotation+noise`), since the results depend on it.
    """
    chosen = {name: member for name, member in node.items() if is_node(member)}
    if TARGET in node or not chosen:
        return dict(node) if TARGET in node else make_node(NO_AUGMENTATION, {})
    common = {name: value for name, value in node.items() if name not in chosen}
    if len(chosen) == 1:
        return {**next(iter(chosen.values())), **common}
    return make_node("+".join(chosen), {**common, **chosen})


def is_neutral(node: Any) -> bool:
    """Return whether a member of a list group has no effect.

    It has none if its first key and all keys whose neutral value is null are at their neutral values.
    """
    if not isinstance(node, Mapping):
        return False
    neutral = neutral_values(target_of(node))
    switches = [key for number, (key, value) in enumerate(neutral.items()) if number == 0 or value is None]
    return bool(switches) and all(node.get(key) == neutral[key] for key in switches)


def identity(config: Mapping[str, Any], revision: int = FIRST) -> str:
    """Return the identity of a run: the first 8 hex digits of the SHA-256 of its canonical configuration.

    The arguments are those of `canonical`.
    """
    text = json.dumps(canonical(config, revision), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
