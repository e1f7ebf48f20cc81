"""Loading of the chosen dataset; equal requests in a process share the tensors."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from dlx.config.choice import Choice
from dlx.config.shared_keys import Preparation
from dlx.contracts.dataset import Dataset
from dlx.data.prepare import prepare
from dlx.data.prepared import Data
from dlx.data.raw import Series, Table
from dlx.data.split import LEAVE_ONE_OUT
from dlx.errors import ConfigError
from dlx.files import is_folder, is_there
from dlx.seeds import Streams
from dlx.spec import LARGEST

NUMBERS = 1 << 22  # that are looked at at once


@dataclass(frozen=True)
class Request:
    """A dataset with its keys; two requests are equal if their texts are and a user's file has not changed."""

    text: str
    dataset: Choice = field(compare=False)

    @classmethod
    def of(cls, dataset: Choice, shared: bool) -> Request:
        """Return the request for a dataset, with or without the keys that prepare its data."""
        keys = [dataset.target, dict(dataset.keys), dict(dataset.shared) if shared else {}]
        return cls(json.dumps([*keys, stamp(dataset)], sort_keys=True, default=repr), dataset)


def load(dataset: Choice, streams: Streams) -> tuple[Data, Preparation]:
    """Return the prepared data of a dataset, and the keys of its preparation; of all folds, the first one.

    Raises:
        ConfigError: a key is out of range or not applicable to these data.
    """
    keys = dataset.common(Preparation)
    if keys.folds is None and keys.fold != 0:
        raise ConfigError(f"dataset.fold: {keys.fold} needs dataset.folds=..., the number of folds")
    first = dataset.having(fold=0) if keys.fold == "all" else dataset
    found = _load(Request.of(first, shared=True), streams.split, streams.data)
    if keys.folds == LEAVE_ONE_OUT and keys.fold == "all":
        unlimited = _load(Request.of(first.having(limit=None), shared=True), streams.split, streams.data)
        keys = replace(keys, folds=sum(map(len, unlimited.splits().values())))
    return found, keys


def source_of(dataset: Choice, streams: Streams) -> str:
    """Return what the values of a dataset depend on, except the content of a user's file: equal texts, equal hashes."""
    seed = streams.data if is_seeded(dataset.cls) else None
    return json.dumps([dataset.target, dict(dataset.keys), seed], sort_keys=True, default=repr)


def stamp(dataset: Choice) -> str:
    """Return path and modification time of a user's files, to detect changes; empty for other datasets.

    Of a folder it is the number of files in it, the sum of their sizes and the latest modification time.
    """
    names = [dataset.keys.get(key) for key in files_of(dataset.cls)]
    paths = [Path(str(name)).expanduser().absolute() for name in names if name is not None]
    found = [f"{path} {path.stat().st_mtime_ns}" for path in paths if is_there(path)]
    return " ".join([*found, *(f"{path} {inside(path)}" for path in paths if is_folder(path))])


def inside(folder: Path) -> str:
    """Return number, total size and latest modification time of the files in a folder and the folders in it."""
    states = []
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a link to nothing, or a file that has just been removed
                states.append(os.stat(os.path.join(place, name)))
    return f"{len(states)} {sum(state.st_size for state in states)} {max((s.st_mtime_ns for s in states), default=0)}"


def files_of(cls: type[Dataset]) -> tuple[str, ...]:
    """Return the keys of a dataset that name files or folders of the user's."""
    return cls.files


def is_seeded(cls: type[Dataset]) -> bool:
    """Return whether the examples of a dataset depend on the seed."""
    return cls.seeded


@lru_cache(maxsize=8)
def _load(request: Request, split: int, data: int) -> Data:
    dataset = request.dataset
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what comes of it is looked at instead
        raw = _raw(Request.of(dataset, shared=False), data if is_seeded(dataset.cls) else 0)
        found = prepare(raw, dataset, Streams(split=split, init=0, order=0, data=data))
    for part in found.splits().values():
        tensors = [part.inputs, *([] if part.targets is None else [part.targets])]
        if not all(piece.isfinite().all() for tensor in tensors for piece in tensor.flatten().split(NUMBERS)):
            raise ConfigError(
                f"dataset={dataset.option}: a number in it is larger than single precision holds "
                f"({LARGEST:.2g}); expected smaller values of its keys"
            )
    return found


@lru_cache(maxsize=4)
def _raw(request: Request, seed: int) -> Table | Series:
    return request.dataset.make().load(seed)
