"""Batches of an epoch: a new order, cut into steps, which are shared among devices and split into batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from dlx.contracts import Batch
from dlx.data.prepared import Split
from dlx.data.tree import rows
from dlx.errors import ConfigError
from dlx.seeds import derive


@dataclass
class Batches:
    """Training examples in the order of an epoch, taken by index from tensors in memory or in a file.

    A step has `accumulate` batches of `batch_size` examples; several devices share each step's examples.

    Attributes:
        part: training split, on the device.
        seed: seed of the stream `order`; the order depends only on it and on the epoch.
        batch_size: number of examples in a batch.
        accumulate: number of batches in a step.
        rank: index of this device.
        world: number of devices.
        shuffled: draw a new order in each epoch; otherwise the order is that of the data.
    """

    part: Split
    seed: int
    batch_size: int
    accumulate: int = 1
    rank: int = 0
    world: int = 1
    shuffled: bool = True

    def order(self, epoch: int) -> Tensor:
        """Return the order of an epoch, a permutation of the examples, or that of the data."""
        if not self.shuffled:
            return torch.arange(len(self.part))
        random = Generator().manual_seed(derive(self.seed, "order", epoch))
        return torch.randperm(len(self.part), generator=random)

    def shuffle(self, epoch: int) -> None:
        """Bring the examples into the order of an epoch."""
        self._order = self.order(epoch).to(self.part.inputs.device)
        self._batch = None if self.part.on_disk else self.part.batch(self._order)

    def take(self, number: int) -> tuple[list[Batch], int, float]:
        """Return a step's batches on this device, their examples, and their weight in the mean over all devices."""
        step = self.batch_size * self.accumulate
        chosen, share = slice(number * step, (number + 1) * step), 1.0
        taken = self.part.batch(self._order[chosen]) if self._batch is None else rows(self._batch, chosen)
        if self.world > 1:
            whole, first = len(taken.inputs), rows(taken, slice(1))
            taken = rows(taken, slice(self.rank, None, self.world))
            share = len(taken.inputs) * self.world / whole
            if not len(taken.inputs):  # fewer examples than devices: take part in the exchange, without a say
                return [first], 0, 0.0
        size, count = self.batch_size, len(taken.inputs)
        if self.accumulate == 1:
            return [taken], count, share
        return [rows(taken, slice(begin, begin + size)) for begin in range(0, count, size)], count, share

    @property
    def steps(self) -> int:
        """The number of steps that the examples are enough for, a last smaller one included."""
        return -(-len(self.part) // (self.batch_size * self.accumulate))


def limited(batches: int, limit: int | float | None, key: str) -> int:
    """Return how many of the batches of an epoch are used.

    Args:
        batches: number of batches.
        limit: largest number (int), or a fraction of them (float), rounded down as Lightning does; None: all.
        key: key of the limit, for the message.

    Raises:
        ConfigError: A fraction is less than one batch.
    """
    if limit is None:
        return batches
    used = min(limit, batches) if isinstance(limit, int) else int(batches * limit)
    if used < 1:
        raise ConfigError(f"{key}: {limit} of {batches} batches is less than one; expected at least {1 / batches:.3g}")
    return used


def first_batches(part: Split, batch_size: int, limit: int | float | None, key: str) -> Split:
    """Return the examples of the first batches of a split; the other arguments are those of `limited`."""
    if limit is None or not len(part):
        return part
    used = limited(-(-len(part) // batch_size), limit, key)
    return part.rows(np.arange(used * batch_size)) if used * batch_size < len(part) else part
