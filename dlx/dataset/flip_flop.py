"""Flip-flop task."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from dlx.contracts.dataset import Dataset
from dlx.data.raw import Table
from dlx.spec import Fraction, Positive


class FlipFlop(Dataset):
    """Channels with rare pulses of +1 or -1; the target is the last pulse of each (Sussillo & Barak 2013).

    Every channel begins with a pulse. A model must forget old pulses and keep the latest of each channel. The targets
    are numbers at the end of the sequence; a model without memory has a mean squared error of 1.

    Args:
        examples: number of sequences.
        length: number of steps in each sequence.
        bits: number of channels.
        rate: probability of a pulse in each step and channel.

    Example:
        dlx train dataset=flip_flop model=lstm dataset.rate=0.05
    """

    def __init__(
        self,
        *,
        examples: Annotated[int, Positive],
        length: Annotated[int, Positive],
        bits: Annotated[int, Positive],
        rate: Annotated[float, Fraction],
    ) -> None:
        self.examples, self.length, self.bits, self.rate = examples, length, bits, rate

    def load(self, seed: int) -> Table:
        """Return sequences (examples, length, bits) and states (examples, bits)."""
        random = np.random.default_rng(seed)
        shape = (self.examples, self.length, self.bits)
        pulse = random.random(shape) < self.rate
        pulse[:, 0] = True
        inputs = np.where(pulse, random.choice([-1.0, 1.0], shape), 0.0).astype(np.float32)
        last = self.length - 1 - np.argmax(pulse[:, ::-1], axis=1)  # (examples, bits): step of the newest pulse
        targets = np.take_along_axis(inputs, last[:, None, :], 1)[:, 0]
        return Table(inputs, targets, "sequence", features=tuple(f"bit_{number}" for number in range(1, self.bits + 1)))
