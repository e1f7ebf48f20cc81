"""The contract of the group model."""

from __future__ import annotations

from typing import ClassVar

from dlx.contracts.contract import Contract


class Model(Contract):
    """A network, a `torch.nn.Module` that maps a batch of inputs to (batch, spec.outputs).

    A model crosses with the groups activation, normalization and regularizer by naming what they give before the star
    of its constructor: `activation()` makes a nonlinearity, `normalization(features, dimensions)` a layer, `dropout` is
    the share of hidden units dropped. What it does not name, it does not use, and a run's notes say so.
    """

    positional: ClassVar[int] = 1  # spec
    given: ClassVar[tuple[str, ...]] = ("activation", "normalization", "dropout", "truncated_bptt_steps")
