"""Splits into training, validation and test examples: by fractions or folds, shuffled or in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from dlx.config.shared_keys import Preparation
from dlx.errors import ConfigError

LEAVE_ONE_OUT: Literal["leave_one_out"] = "leave_one_out"  # a value of `folds`
Index = dict[str, np.ndarray]  # part -> numbers of its examples


def split_table(
    targets: np.ndarray, stratify: bool, keys: Preparation, seed: int, parts: tuple[int, int, int] | None = None
) -> Index:
    """Return the indices of the splits of examples without an order in time.

    Args:
        targets: classes (examples,), by which the splits are stratified, or real targets.
        stratify: True if the targets are classes.
        keys: `split`, `folds`, `fold` and `limit`.
        seed: seed of the stream `split`.
        parts: sizes of the splits if the dataset defines them; the order is then kept. A split of size 0 is cut out of
            the training examples, see `with_missing`.

    Raises:
        ConfigError: the fractions are invalid, a split is empty, or there are more folds than examples.
    """
    if parts is not None:
        if keys.folds is not None:
            raise ConfigError("dataset.folds: this dataset brings its own training, validation and test examples")
        index = with_missing(pieces(np.arange(len(targets)), np.cumsum(parts)), targets, stratify, keys.split, seed)
    else:
        random = np.random.default_rng(seed)
        order = shuffled(targets, stratify, random)
        if keys.folds is None:
            index = pieces(order, by_shares(keys.split, len(order)))
        else:
            folds = count_of(keys.folds, len(order))
            number = folds_of(targets, folds, stratify, random)
            chosen = number[order] == fold_of(keys.fold, folds, len(order))
            rest, test = order[~chosen], order[chosen]
            index = {**pieces(rest, by_shares(without_test(keys.split), len(rest))), "test": test}
    return limited(checked(index, keys), keys.limit)


def with_missing(index: Index, targets: np.ndarray, stratify: bool, shares: Sequence[float], seed: int) -> Index:
    """Return the index of a dataset that defines the split, empty splits cut out of the training examples.

    Each gets its share of them: of shares 0.6, 0.2 and 0.2 a missing validation split is 0.2 / 0.8 of them.

    Raises:
        ConfigError: the fractions are invalid.
    """
    missing = [name for name in ("val", "test") if len(index[name]) == 0]
    if not missing:
        return index
    of = dict(zip(("train", "val", "test"), without_zero(shares), strict=True))
    total = of["train"] + sum(of[name] for name in missing)
    wanted = [of[name] / total if name in ("train", *missing) else 0.0 for name in of]
    train = index["train"]
    order = train[shuffled(targets[train], stratify, np.random.default_rng(seed))]
    cut = pieces(order, by_shares(wanted, len(train)))
    return {**index, **{name: cut[name] for name in ("train", *missing)}}


def without_zero(shares: Sequence[float]) -> Sequence[float]:
    """Return the three shares of `dataset.split`, or refuse them.

    Raises:
        ConfigError: there are not three, or they sum to more than 1, or none is for training.
    """
    by_shares(shares, 0)
    if shares[0] == 0:
        raise ConfigError(f"dataset.split: expected a share above 0 for training, got {list(shares)}")
    return shares


def split_series(examples: int, gap: int, keys: Preparation) -> Index:
    """Return the indices of the splits of windows in order of time: test windows follow training windows.

    Args:
        examples: number of windows.
        gap: number of windows left out before a border, since their targets cross it (horizon - 1).
        keys: `split`, `folds`, `fold` and `limit`. Folds have a rolling origin: fold k of n is tested on stretch k + 1
            of n + 1 equal ones and trained on all before it.

    Raises:
        ConfigError: the fractions are invalid, a split is empty, or there are more folds than examples.
    """
    order = np.arange(examples)
    if keys.folds == LEAVE_ONE_OUT:
        raise ConfigError(
            f"dataset.folds: {LEAVE_ONE_OUT} takes examples out of their order; expected a number for a series"
        )
    if keys.folds is None:
        index = pieces(order, by_shares(keys.split, examples), gap)
    else:
        fold, size = fold_of(keys.fold, keys.folds, examples - 1), examples // (keys.folds + 1)
        begin = examples - (keys.folds - fold) * size
        ends = by_shares(without_test(keys.split), begin)
        index = {**pieces(order[:begin], ends, gap), "test": order[begin : begin + size]}
    return limited(checked(index, keys), keys.limit, latest=True)


def shuffled(targets: np.ndarray, stratify: bool, random: np.random.Generator) -> np.ndarray:
    """Return a random order of the examples; with stratify, every stretch has the classes in proportion."""
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


def count_of(folds: int | Literal["leave_one_out"], examples: int) -> int:
    """Return the number of folds: as many as examples for `leave_one_out`."""
    return examples if folds == LEAVE_ONE_OUT else int(folds)


def fold_of(fold: int | Literal["all"], folds: int, examples: int) -> int:
    """Return the index of the test fold.

    Raises:
        ConfigError: there is no such fold, or there are more folds than examples.
    """
    if folds > examples:
        raise ConfigError(f"dataset.folds: expected at most the {examples} examples, got {folds}")
    if fold == "all" or fold >= folds:
        raise ConfigError(f"dataset.fold: expected 0 to {folds - 1} (dataset.folds={folds}), got {fold}")
    return fold


def without_test(shares: Sequence[float]) -> list[float]:
    """Return the fractions of training and validation, rescaled to sum to 1, since the test split is a fold."""
    total = sum(shares[:2])
    return [shares[0] / total, shares[1] / total, 0.0] if len(shares) == 3 and total > 0 else list(shares)


def by_shares(shares: Sequence[float], examples: int) -> np.ndarray:
    """Return the end indices of training, validation and test.

    Raises:
        ConfigError: there are not three fractions, or they sum to more than 1.
    """
    if len(shares) != 3 or sum(shares) > 1 + 1e-9:
        raise ConfigError(
            "dataset.split: expected three shares (train, validation, test) that add up to at most 1, "
            f"got {list(shares)}"
        )
    return np.floor(np.cumsum(shares) * examples + 1e-9).astype(int)


def pieces(order: np.ndarray, ends: Sequence[int] | np.ndarray, gap: int = 0) -> Index:
    """Return an order of examples cut at borders, with `gap` examples before each border left out."""
    return {
        "train": order[: max(ends[0] - gap, 0)],
        "val": order[ends[0] : max(ends[1] - gap, ends[0])],
        "test": order[ends[1] : ends[2]],
    }


def checked(index: Index, keys: Preparation) -> Index:
    """Return the index, or refuse one that leaves a split empty.

    Raises:
        ConfigError: names the split.
    """
    for name, chosen in index.items():
        if len(chosen) == 0:
            total = sum(map(len, index.values()))
            folds = f" with dataset.folds={keys.folds}" if keys.folds else ""
            raise ConfigError(f"dataset.split: {keys.split}{folds} leaves no {name} example of {total}")
    return index


def limited(index: Index, limit: int | None, latest: bool = False) -> Index:
    """Return the index with only `limit` training examples, the first or the latest ones.

    Raises:
        ConfigError: there are fewer examples.
    """
    if limit is None:
        return index
    train = index["train"]
    if limit > len(train):
        raise ConfigError(f"dataset.limit: expected at most the {len(train)} training examples, got {limit}")
    return {**index, "train": train[-limit:] if latest else train[:limit]}
