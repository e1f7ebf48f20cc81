"""From the node `dataset` of a configuration to data that are ready; equal requests in a process share the tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dlx.config import gate
from dlx.data.keys import COMMON, Preparation, select_keys
from dlx.data.prepare import prepare
from dlx.data.prepared import Data
from dlx.data.raw import Series, Table
from dlx.errors import ConfigError
from dlx.files import is_there
from dlx.seeds import Streams
from dlx.spec import LARGEST


def load(node: Mapping[str, Any], streams: Streams) -> tuple[Data, Preparation]:
    """Load and prepare a dataset; where all folds are asked for, the first of them.

    Raises:
        ConfigError: a key is unknown, missing, out of range or without a meaning for these data.
    """
    extra = {name: kind for cls in COMMON for name, kind in gate.keys(cls).items()}
    gate.check(node, "dataset", extra)
    _, common = divided(node)
    keys = select_keys(Preparation, common)
    if keys.folds is None and keys.fold != 0:
        raise ConfigError(f"dataset.fold: {keys.fold} needs dataset.folds=..., the number of folds")
    first = {**node, "fold": 0} if keys.fold == "all" else node
    return _load(json.dumps(first, sort_keys=True), streams.split, streams.data, stamp(node)), keys


def divided(node: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the dataset's own node and the common keys; a key of its own goes before a common one of that name."""
    own = {"_target_", *gate.keys(gate.find(node["_target_"], "dataset", "dataset"))}
    return {k: v for k, v in node.items() if k in own}, {k: v for k, v in node.items() if k not in own}


def stamp(node: Mapping[str, Any]) -> str:
    """Return what tells whether a user's file is still the same: its place and when it was written."""
    path = Path(str(node["path"])).expanduser().absolute() if "path" in node else None
    return f"{path} {path.stat().st_mtime_ns}" if path is not None and is_there(path) else ""


@lru_cache(maxsize=8)
def _load(node_json: str, split: int, data: int, stamp: str) -> Data:
    own, common = divided(json.loads(node_json))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what comes of it is looked at instead
        raw = _raw(json.dumps(own), data, stamp)
        found = prepare(raw, common, Streams(split=split, init=0, order=0, data=data))
    for part in found.splits().values():
        tensors = [part.inputs, *([] if part.targets is None else [part.targets])]
        if not all(tensor.isfinite().all() for tensor in tensors):
            raise ConfigError(
                f"dataset={gate.option_name(own)}: a number in it is larger than single precision holds "
                f"({LARGEST:.2g}); expected smaller values of its keys"
            )
    return found


@lru_cache(maxsize=4)
def _raw(node_json: str, seed: int, stamp: str) -> Table | Series:
    return gate.build(json.loads(node_json), "dataset").load(seed)
