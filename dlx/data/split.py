"""Which examples are for training, validation and test: by shares or by folds, shuffled or in the order of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlx.config.shared_keys import Preparation
from dlx.errors import ConfigError

Index = dict[str, np.ndarray]  # part -> numbers of its examples


def split_table(
    targets: np.ndarray, stratify: bool, keys: Preparation, seed: int, parts: tuple[int, int, int] | None = None
) -> Index:
    """Divide examples that may be drawn in any order.

    Args:
        targets: classes (examples,), by which the parts are stratified, or real targets.
        stratify: are the targets classes?
        keys: `split`, `folds`, `fold` and `limit`.
        seed: of the stream `split`.
        parts: sizes of the parts where the dataset itself decides; the order is kept then.

    Raises:
        ConfigError: the shares do not add up, a part is empty, or there are more folds than examples.
    """
    if parts is not None:
        if keys.folds is not None:
            raise ConfigError("dataset.folds: this dataset brings its own training, validation and test examples")
        index = pieces(np.arange(len(targets)), np.cumsum(parts))
    else:
        random = np.random.default_rng(seed)
        order = shuffled(targets, stratify, random)
        if keys.folds is None:
            index = pieces(order, by_shares(keys.split, len(order)))
        else:
            number = folds_of(targets, keys.folds, stratify, random)
            chosen = number[order] == fold_of(keys, len(order))
            rest, test = order[~chosen], order[chosen]
            index = {**pieces(rest, by_shares(without_test(keys.split), len(rest))), "test": test}
    return limited(checked(index, keys), keys.limit)


def split_series(examples: int, gap: int, keys: Preparation) -> Index:
    """Divide windows in the order of time: what is tested lies behind what is learnt from.

    Args:
        examples: number of windows.
        gap: windows left out in front of a border, because their targets reach over it (horizon - 1).
        keys: `split`, `folds`, `fold` and `limit`; folds are those of a rolling origin: fold k of n is tested on
            the stretch k + 1 of n + 1 equal ones, and learns from all before it.

    Raises:
        ConfigError: the shares do not add up, a part is empty, or there are more folds than examples.
    """
    order = np.arange(examples)
    if keys.folds is None:
        index = pieces(order, by_shares(keys.split, examples), gap)
    else:
        fold, size = fold_of(keys, examples - 1), examples // (keys.folds + 1)
        begin = examples - (keys.folds - fold) * size
        ends = by_shares(without_test(keys.split), begin)
        index = {**pieces(order[:begin], ends, gap), "test": order[begin : begin + size]}
    return limited(checked(index, keys), keys.limit, latest=True)


def shuffled(targets: np.ndarray, stratify: bool, random: np.random.Generator) -> np.ndarray:
    """Return a random order of the examples; stratified, every stretch of it holds the classes in their proportions."""
    order = random.permutation(len(targets))
    if not stratify:
        return order
    place = np.empty(len(targets))
    for label in np.unique(targets):
        members = order[targets[order] == label]
        place[members] = (np.arange(len(members)) + random.random()) / len(members)
    return order[np.argsort(place[order], kind="stable")]


def folds_of(targets: np.ndarray, folds: int, stratify: bool, random: np.random.Generator) -> np.ndarray:
    """Return the fold of each example: sizes, and counts of each class, differ by at most one between folds."""
    order = random.permutation(len(targets))
    if stratify:
        order = order[np.argsort(targets[order], kind="stable")]
    number = np.empty(len(targets), dtype=int)
    number[order] = np.arange(len(targets)) % folds
    return number


def fold_of(keys: Preparation, examples: int) -> int:
    """Return the fold that is tested.

    Raises:
        ConfigError: there is no such fold, or there are more folds than examples.
    """
    assert keys.folds is not None, "asked for with folds only"
    if keys.folds > examples:
        raise ConfigError(f"dataset.folds: expected at most the {examples} examples, got {keys.folds}")
    if keys.fold == "all" or keys.fold >= keys.folds:
        raise ConfigError(f"dataset.fold: expected 0 to {keys.folds - 1} (dataset.folds={keys.folds}), got {keys.fold}")
    return keys.fold


def without_test(shares: Sequence[float]) -> list[float]:
    """Return the shares of training and validation alone, in their proportion; the test split is a fold."""
    total = sum(shares[:2])
    return [shares[0] / total, shares[1] / total, 0.0] if len(shares) == 3 and total > 0 else list(shares)


def by_shares(shares: Sequence[float], examples: int) -> np.ndarray:
    """Return where training, validation and test end.

    Raises:
        ConfigError: the shares are not three, or add up to more than 1.
    """
    if len(shares) != 3 or sum(shares) > 1 + 1e-9:
        raise ConfigError(
            "dataset.split: expected three shares (train, validation, test) that add up to at most 1, "
            f"got {list(shares)}"
        )
    return np.floor(np.cumsum(shares) * examples + 1e-9).astype(int)


def pieces(order: np.ndarray, ends: Sequence[int] | np.ndarray, gap: int = 0) -> Index:
    """Cut an order of examples; `gap` examples in front of each border are left out."""
    return {
        "train": order[: max(ends[0] - gap, 0)],
        "val": order[ends[0] : max(ends[1] - gap, ends[0])],
        "test": order[ends[1] : ends[2]],
    }


def checked(index: Index, keys: Preparation) -> Index:
    """Refuse a division that leaves a part without an example.

    Raises:
        ConfigError: names the part.
    """
    for name, chosen in index.items():
        if len(chosen) == 0:
            total = sum(map(len, index.values()))
            folds = f" with dataset.folds={keys.folds}" if keys.folds else ""
            raise ConfigError(f"dataset.split: {keys.split}{folds} leaves no {name} example of {total}")
    return index


def limited(index: Index, limit: int | None, latest: bool = False) -> Index:
    """Keep so many training examples, the first or the latest ones.

    Raises:
        ConfigError: there are not so many.
    """
    if limit is None:
        return index
    train = index["train"]
    if limit > len(train):
        raise ConfigError(f"dataset.limit: expected at most the {len(train)} training examples, got {limit}")
    return {**index, "train": train[-limit:] if latest else train[:limit]}
