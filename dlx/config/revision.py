"""Revisions of models and datasets: a change that alters the numbers of some runs gives these runs another identity.

The class of a model declares `revision` and `revised_for`, see `dlx.contracts.model.Model`; that of a dataset declares
`recorded_with`, see `dlx.contracts.dataset.Dataset`. Nothing is imported: the
declarations are read from the source file, so that runs can be listed without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlx.config import schema
from dlx.config.node import TARGET, target_of

FIRST = 1  # the revision of models that declare none
CLASSES = "classes"  # the key of `revised_for` that stands for the number of classes


def is_revised(target: str) -> bool:
    """Return whether the class of a model declares a revision, i.e. some of its older runs have other numbers."""
    return (schema.constant(target, "revision") or FIRST) > FIRST


def revision_of(config: Mapping[str, Any], classes: int) -> int:
    """Return the revision of the model with which a run of this configuration is trained today.

    Args:
        config: the configuration of the run, or the canonical part of it.
        classes: the number of classes of its data; 0 if the targets are no classes.

    Returns:
        The `revision` of the model's class, or 1 if its changes do not concern this run, or if the job uses no model.
    """
    target = target_of(config["model"])
    if not is_revised(target) or schema.constant(target_of(config["job"]), "stands_alone"):
        return FIRST
    wanted: Mapping[str, Any] = schema.constant(target, "revised_for") or {}
    concerned = all(value_of(config, key, classes) in values for key, values in wanted.items())
    return int(schema.constant(target, "revision")) if concerned else FIRST


def value_of(config: Mapping[str, Any], key: str, classes: int) -> Any:
    """Return the value of a dotted key, None if it is not set, or the number of classes for the key `classes`."""
    if key == CLASSES:
        return classes
    node: Any = config
    for step in key.split("."):
        node = node.get(step) if isinstance(node, Mapping) else None
    return node


def recorded_revision(config: Mapping[str, Any]) -> int:
    """Return the revision of the model that a canonical configuration records; 1 if it records none."""
    return int(config.get("model", {}).get("revision", FIRST))


def marks(target: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the identity of a run records beside the keys of its dataset, by which revisions are told apart.

    Args:
        target: the class of the dataset.
        keys: the values of its keys.
    """
    declared: Mapping[str, Mapping[str, Any]] = schema.constant(target, "recorded_with") or {}
    return {name: value for key, more in declared.items() if keys.get(key) is not None for name, value in more.items()}


def read_earlier(config: Mapping[str, Any]) -> bool:
    """Return whether the data of a recorded canonical configuration were made by an earlier version."""
    dataset = config.get("dataset")
    if not isinstance(dataset, Mapping) or TARGET not in dataset:
        return False
    return any(dataset.get(name) != value for name, value in marks(target_of(dataset), dataset).items())
