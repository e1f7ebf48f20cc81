"""Trees of tensors: one tensor, or one for each task, or a whole batch; all have one row an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")  # Tensor, dict[str, Tensor], Batch, or None where there is nothing


def mapped(tree: T, change: Callable[[Tensor], Any]) -> T:
    """Return a tree of the same form with every tensor changed."""
    found: Any = tree
    if isinstance(tree, Tensor):
        found = change(tree)
    elif isinstance(tree, dict):
        found = {name: mapped(value, change) for name, value in tree.items()}
    elif isinstance(tree, tuple):  # a named one: a batch
        found = type(tree)(*(mapped(value, change) for value in tree))
    return found


def rows(tree: T, index: Any) -> T:
    """Return the chosen rows of every tensor; `index` is a slice, numbers of rows, or a mask."""
    return mapped(tree, lambda tensor: tensor[index])


def length(tree: Any) -> int:
    """Return the number of rows, which all tensors share."""
    if isinstance(tree, Tensor):
        return len(tree)
    values = tree.values() if isinstance(tree, dict) else tree
    return length(next(value for value in values if value is not None))


def joined(trees: Sequence[T]) -> T:
    """Return trees of the same form as one, row behind row."""
    first = trees[0]
    found: Any = first
    if isinstance(first, Tensor):
        found = torch.cat(trees)  # type: ignore[arg-type]
    elif isinstance(first, dict):
        found = {name: joined([tree[name] for tree in trees]) for name in first}  # type: ignore[index]
    elif isinstance(first, tuple):
        found = type(first)(*(joined(list(values)) for values in zip(*trees, strict=True)))  # type: ignore[arg-type]
    return found


def moved(tree: T, device: torch.device | str, dtype: torch.dtype) -> T:
    """Return a tree on a device, its real numbers of a type; whole numbers (classes, symbols) stay what they are."""
    return mapped(tree, lambda x: x.to(device, dtype if x.is_floating_point() else None))
