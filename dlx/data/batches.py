"""Batches of an epoch: a new order, cut into steps, which are shared among devices and split into batches."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from dlx.contracts import Batch
from dlx.data.prepared import Split
from dlx.seeds import derive


@dataclass
class Batches:
    """Training examples in the order of an epoch, taken by index from tensors in memory.

    A step has `accumulate` batches of `batch_size` examples; several devices share each step's examples.

    Attributes:
        part: training split, on the device.
        seed: seed of the stream `order`; the order depends only on it and on the epoch.
        batch_size: number of examples in a batch.
        accumulate: number of batches in a step.
        rank: index of this device.
        world: number of devices.
    """

    part: Split
    seed: int
    batch_size: int
    accumulate: int = 1
    rank: int = 0
    world: int = 1

    def order(self, epoch: int) -> Tensor:
        """Return the order of an epoch, a permutation of the examples."""
        random = Generator().manual_seed(derive(self.seed, "order", epoch))
        return torch.randperm(len(self.part), generator=random)

    def shuffle(self, epoch: int) -> None:
        """Bring the examples into the order of an epoch."""
        order = self.order(epoch).to(self.part.inputs.device)
        self._inputs, self._targets = self.part.inputs[order], self.part.targets[order]

    def take(self, number: int) -> tuple[list[Batch], int, float]:
        """Return a step's batches on this device, their examples, and their weight in the mean over all devices."""
        step = self.batch_size * self.accumulate
        x, y, share = self._inputs[number * step : (number + 1) * step], self._targets[number * step :][:step], 1.0
        if self.world > 1:
            whole, first = len(y), (x[:1], y[:1])
            x, y = x[self.rank :: self.world], y[self.rank :: self.world]
            share = len(y) * self.world / whole
            if not len(y):  # fewer examples than devices: take part in the exchange, without a say
                return [first], 0, 0.0
        if self.accumulate == 1:
            return [(x, y)], len(y), share
        size = self.batch_size
        return list(zip(x.split(size), y.split(size), strict=True)), len(y), share
